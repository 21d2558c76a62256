// Three real agents from npm, each with a home of its own and the scripted model for its only model.
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { AgentDefinition } from '../../src/backends/agent.ts';
import { setupAgent } from '../tools/setup.mjs';

interface RealAgent {
  readonly name: string;
  /** With the version that the steps were written for. */
  readonly package: string;
  readonly size: string;
  /** The script of its package that puts its binary in place. */
  readonly install?: string;
  readonly program: string;
  readonly args: readonly string[];
  /** An option to be set first: without it the agent asks nobody. */
  readonly asking?: { readonly option: string; readonly value: string };
  /**
   * It keeps a session in a file that bears the minute in its name and begins that file anew when it loads: one that was
   * opened in the same minute is lost then.
   */
  readonly byTheMinute?: true;
  /** Writes its settings into `home`, and says what else it needs in its environment. */
  prepare(home: string, model: string): Promise<Readonly<Record<string, string>>>;
}

const put = async (path: string, content: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

const limit = { context: 128_000, output: 8000 };
const opencodeModel = (name: string): object => ({ name, tool_call: true, reasoning: true, attachment: true, limit });

const opencode: RealAgent = {
  name: 'opencode',
  package: 'opencode-ai@1.18.33',
  size: '350 MB',
  install: 'node_modules/opencode-ai/postinstall.mjs',
  program: 'opencode',
  args: ['acp'],
  async prepare(home, model) {
    const modalities = { input: ['text', 'image'], output: ['text'] };
    const first = { ...opencodeModel('Scripted'), modalities };
    const scripted = {
      npm: '@ai-sdk/openai-compatible',
      name: 'Scripted',
      options: { baseURL: `${model}/v1`, apiKey: 'none' },
      models: { first, second: opencodeModel('Scripted 2') },
    };
    const settings = {
      autoupdate: false,
      share: 'disabled',
      model: 'scripted/first',
      small_model: 'scripted/first',
      permission: { edit: 'ask', bash: 'ask' },
      provider: { scripted },
    };
    await put(join(home, '.config/opencode/opencode.json'), JSON.stringify(settings));
    return { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1' };
  },
};

const gemini: RealAgent = {
  name: 'gemini',
  package: '@google/gemini-cli@0.61.0',
  size: '100 MB',
  program: 'gemini',
  args: ['--acp'],
  byTheMinute: true,
  async prepare(home, model) {
    const settings = {
      security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
      general: { enableAutoUpdate: false },
    };
    await put(join(home, '.gemini/settings.json'), JSON.stringify(settings));
    return { GEMINI_API_KEY: 'none', GOOGLE_GEMINI_BASE_URL: model, GEMINI_CLI_NO_RELAUNCH: 'true' };
  },
};

const codex: RealAgent = {
  name: 'codex',
  package: '@agentclientprotocol/codex-acp@2.6.0',
  size: '460 MB',
  program: 'codex-acp',
  args: [],
  asking: { option: 'mode', value: 'read-only' },
  async prepare(home, model) {
    const settings = [
      'model = "gpt-5.5"',
      'model_provider = "scripted"',
      'model_context_window = 128000',
      'check_for_update_on_startup = false',
      'model_reasoning_summary = "auto"',
      '[analytics]',
      'enabled = false',
      '[model_providers.scripted]',
      'name = "Scripted"',
      `base_url = "${model}/v1"`,
      'wire_api = "responses"',
      'env_key = "SCRIPTED_KEY"',
      'request_max_retries = 0',
      'stream_max_retries = 0',
    ];
    await put(join(home, '.codex/config.toml'), `${settings.join('\n')}\n`);
    return { CODEX_HOME: join(home, '.codex'), SCRIPTED_KEY: 'none' };
  },
};

export const agents: readonly RealAgent[] = [opencode, gemini, codex];

/** An agent that is installed and has a home, as the settings of the extension name it. */
export interface Ready {
  readonly definition: AgentDefinition & { readonly env: Readonly<Record<string, string>> };
  readonly asking: RealAgent['asking'];
  readonly byTheMinute: boolean;
}

/** Installs the agent where it is missing, and says so. `home`: a folder that it may fill. */
export const ready = async (agent: RealAgent, home: string, model: string): Promise<Ready> => {
  const folder = await setupAgent(agent.name, agent.package, agent.size, agent.install);
  const bin = join(folder, 'node_modules', '.bin');
  await mkdir(home, { recursive: true });
  const own = await agent.prepare(home, model);
  const env = {
    PATH: [bin, dirname(process.execPath), process.env['PATH']].join(delimiter),
    // Nothing of the person who runs the tests: neither settings nor keys.
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local/share'),
    XDG_STATE_HOME: join(home, '.local/state'),
    XDG_CACHE_HOME: join(home, '.cache'),
    NO_PROXY: '127.0.0.1,localhost',
    no_proxy: '127.0.0.1,localhost',
    ...own,
  };
  const definition = { id: agent.name, label: agent.name, command: join(bin, agent.program), args: agent.args, env };
  return { definition, asking: agent.asking, byTheMinute: agent.byTheMinute === true };
};
