// Which topics are copied, and what their copies are called.
//
// Law: no record runs in a circle. A topic whose name says that it was copied from the target, or by this connector itself, is
// never read; nor are the topics in which hosts and MirrorMaker keep their own state.
import { compileFullMatch } from 'tributary/connect';

/** What the names hang on. */
export interface NamingOptions {
  readonly sourceAlias: string;
  readonly targetAlias: string;
  readonly policy: 'default' | 'identity';
  readonly separator: string;
  /** Name of the copy in place of the policy's; `${topic}` and `${alias}` stand for the topic and the source's alias. */
  readonly pattern: string | null;
  /** Source and target are one cluster: copies must not be taken for sources. */
  readonly isOwnCluster: boolean;
  readonly topics: readonly string[];
  readonly exclude: readonly string[];
}

/** State of hosts and of MirrorMaker: worthless, or harmful, in another cluster. */
const NEVER: readonly RegExp[] = [
  /^__/,
  /^mm2-.*\.internal$/,
  /\.checkpoints\.internal$/,
  /^connect-(configs|offsets|status)$/,
  /^_.*_connect_(configs|offsets|status)$/,
  /^_.*_command_topic$/,
];

export class TopicNames {
  readonly #options: NamingOptions;
  readonly #wanted: (name: string) => boolean;
  readonly #excluded: (name: string) => boolean;
  /** What copies within one cluster look like. */
  readonly #own: RegExp | null;

  constructor(options: NamingOptions) {
    this.#options = options;
    this.#wanted = matcher(options.topics);
    this.#excluded = matcher(options.exclude);
    this.#own = options.pattern !== null && options.isOwnCluster ? patternOf(options) : null;
  }

  /** Whether this topic of the source is copied. */
  isCopied(topic: string): boolean {
    if (!this.#wanted(topic) || this.#excluded(topic) || this.#isCircle(topic)) return false;
    return !NEVER.some((pattern) => pattern.test(topic));
  }

  /** The name of the copy. */
  targetOf(topic: string): string {
    const { pattern, policy, sourceAlias, separator } = this.#options;
    if (pattern !== null) return pattern.replaceAll('${alias}', sourceAlias).replaceAll('${topic}', () => topic);
    return policy === 'identity' ? topic : `${sourceAlias}${separator}${topic}`;
  }

  /** Aliases stand before the name, the last hop first: `b.a.orders` was copied from a to b, and from there. */
  #isCircle(topic: string): boolean {
    const { policy, sourceAlias, targetAlias, separator } = this.#options;
    if (this.#own?.test(topic)) return true;
    if (policy === 'identity') return false;
    if (topic.startsWith(`${sourceAlias}${separator}`)) return true;
    const hops = topic.split(separator);
    const alias = targetAlias.split(separator);
    for (let at = 0; at + alias.length < hops.length; at++) {
      if (alias.every((part, i) => hops[at + i] === part)) return true;
    }
    return false;
  }
}

function patternOf({ pattern, sourceAlias }: NamingOptions): RegExp {
  const parts = pattern!.replaceAll('${alias}', sourceAlias).split('${topic}');
  return new RegExp(`^${parts.map((part) => part.replaceAll('.', '\\.')).join('.+')}$`);
}

/** Whether a name is matched as a whole by one of the expressions. */
export function matcher(patterns: readonly string[]): (name: string) => boolean {
  const compiled = patterns.map((pattern) => compileFullMatch(pattern));
  return (name) => compiled.some((pattern) => pattern.test(name));
}
