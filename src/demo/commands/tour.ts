import type { Command } from './command.ts';

const text = `# Welcome aboard

You are talking to the **demo agent**. It is a script, not a model: it needs no key, uses no network, and shows what
Wheelhouse does with every agent that speaks the [Agent Client Protocol](https://agentclientprotocol.com).

## What you can do here

1. **Write.** *Enter* sends, *Shift+Enter* breaks the line, \`/\` lists the agent's commands.
2. **Watch.** Thoughts, plans, tool calls and text appear in the order in which the agent sends them.
3. **Decide.** Before an agent edits a file or runs a command it asks, and the whole change is in front of you.
4. **Stop.** The stop button ends a turn at once, whatever the agent is doing.

## Try it

| Command | What you see |
| :-- | :-- |
| \`/edit README.md\` | a diff, a question, and the change in your own editor |
| \`/run\` | a real command in a terminal, after you allowed it |
| \`/plan\` | a plan whose steps move from *pending* to *completed* |
| \`/think\` | thoughts, folded away from the answer |
| \`/ask\` | a form, where the client offers forms |

## Bring your own agent

The demo is only the first entry of a list. Any agent that speaks the protocol on its standard streams can be added in
the settings:

\`\`\`json
{
  "wheelhouse.agents": {
    "mine": { "name": "My agent", "command": "my-agent", "args": ["--acp"] }
  }
}
\`\`\`

> Several sessions can run at once, of one agent or of many. Each keeps its own plan, questions and history.

That is the tour. \`/edit\` is a good next step.
`;

export const tour: Command = {
  name: 'tour',
  description: 'Explains the demo and Wheelhouse',
  run: async (turn) => {
    await turn.session.notice('info', 'The tour has begun', 'It takes a few seconds. Stop ends it.');
    await turn.stream(text, 15);
  },
};
