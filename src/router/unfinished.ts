/** What a file is written as before it takes its name; whoever watches folders sees it come and go. */
export const unfinishedName = (id: string): string => `.wheelhouse-${id}.tmp`;

export const isUnfinished = (name: string): boolean => /^\.wheelhouse-[\da-f-]{36}\.tmp$/u.test(name);
