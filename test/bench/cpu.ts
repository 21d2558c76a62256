/** Milliseconds that the processor worked for this process: on a busy machine the wall clock counts the others' work too. */
export const cpuTimer = (): (() => number) => {
  const started = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1000;
  };
};
