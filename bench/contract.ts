// What the bench driver tells a program through the environment.

/** One run of one workload. */
export interface Run {
  readonly workload: string;
  readonly records: number;
  readonly inTopic: string;
  readonly nameTopic: string;
  /** Every topic, group and state of the run begins with it. */
  readonly prefix: string;
  readonly threads: number;
  readonly guarantee: 'exactly_once' | 'at_least_once';
  readonly commitMs: number;
  readonly httpUrl: string;
  readonly brokers: string;
  readonly registryUrl: string;
  /** Null: state is kept in LMDB in a folder of the run. */
  readonly redisUrl: string | null;
}

/** What is printed when the last output is acknowledged and the input offsets are committed. */
export interface Result {
  readonly workload: string;
  readonly records: number;
  readonly outputs: number;
  readonly seconds: number;
  readonly [detail: string]: string | number;
}

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the run from the environment; throws when something is missing. */
export function runFrom(environment: Environment): Run {
  const need = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === '') throw new Error(`${name} is not set: see bench/README.md`);
    return value;
  };
  const or = (name: string, fallback: string): string => environment[name] || fallback;
  return {
    workload: need('WORKLOAD'),
    records: Number(need('N')),
    inTopic: need('IN_TOPIC'),
    nameTopic: or('NAME_TOPIC', ''),
    prefix: need('OUT_PREFIX'),
    threads: Number(or('THREADS', '1')),
    guarantee: or('GUARANTEE', 'alo') === 'eos' ? 'exactly_once' : 'at_least_once',
    commitMs: Number(or('COMMIT_MS', '1000')),
    httpUrl: or('HTTP_URL', ''),
    brokers: need('KAFKA_BROKERS'),
    registryUrl: need('SCHEMA_REGISTRY_URL'),
    redisUrl: environment['REDIS_URL'] || null,
  };
}

/** A run of the latency probe, which tells only the workload: its inputs are the `LAT.` topics, one partition each. */
export function probeFrom(environment: Environment): Run {
  const submits = 'LAT.EVENT_MYSQL.EVENT.SUBMIT';
  return runFrom({
    N: '0',
    IN_TOPIC: environment['WORKLOAD'] === 'W2' ? 'LAT.TRADE_MYSQL.TRADE.ORDER' : submits,
    NAME_TOPIC: 'LAT.EVENT_MYSQL.EVENT.NAME',
    OUT_PREFIX: `ours-lat-${process.pid}-${Date.now()}.`,
    // Outputs of a transaction show at its commit, so its interval is the product's own.
    ...(environment['GUARANTEE'] === 'eos' ? { COMMIT_MS: '100' } : {}),
    ...environment,
  });
}
