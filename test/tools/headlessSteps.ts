import type { Step } from './headless.ts';

/** The main job, in the order in which a person meets it. */
export const steps: readonly Step[] = [
  {
    name: 'the chat opens from the activity bar',
    run: async ({ workbench }) => {
      await workbench.openChat();
    },
  },
];
