// Walks a plan from its root and writes the code of each part.
import { ExpressionCompiler } from '../../sql/compile/expression.ts';
import type { FunctionContext, Functions } from '../../sql/functions/registry.ts';
import type { PlanNode, SinkSpec } from '../../sql/plan/nodes.ts';
import { generateAggregate } from './aggregate.ts';
import { generateChanges } from './changes.ts';
import type { Consume, Flow } from './flow.ts';
import type { Generation } from './generation.ts';
import { generateStreamStream } from './join-stream.ts';
import { generateForeignKey, generateStreamTable, generateTableTable } from './join-table.ts';
import { Part } from './part.ts';
import { generateRepartition } from './repartition.ts';
import { serdeRef } from './serde-ref.ts';
import { sinkText } from './sink.ts';
import { generateSource } from './source.ts';
import { generateFilter, generateFlatMap, generateProject } from './stateless.ts';

export interface GeneratorOptions {
  readonly queryId: string;
  readonly topicPrefix: string;
  readonly functions: Functions;
  readonly context: FunctionContext;
}

export class Generator implements Generation {
  readonly queryId: string;
  readonly topicPrefix: string;
  readonly functions: Functions;
  readonly context: FunctionContext;
  /** Parts in the order of the data: what is read comes before who reads it. */
  readonly parts: Part[] = [];
  part: Part;
  readonly #compilers = new Map<Part, ExpressionCompiler>();

  constructor(options: GeneratorOptions) {
    this.queryId = options.queryId;
    this.topicPrefix = options.topicPrefix;
    this.functions = options.functions;
    this.context = options.context;
    this.part = new Part('main');
    this.parts.push(this.part);
  }

  get compiler(): ExpressionCompiler {
    let compiler = this.#compilers.get(this.part);
    if (compiler === undefined) {
      compiler = new ExpressionCompiler(this.part.unit, this.functions, this.context);
      this.#compilers.set(this.part, compiler);
    }
    return compiler;
  }

  generate(node: PlanNode, consume: Consume, needsOld: boolean): void {
    switch (node.kind) {
      case 'source':
        return generateSource(this, node, consume, needsOld);
      case 'filter':
        return generateFilter(this, node, consume);
      case 'project':
        return generateProject(this, node, consume, needsOld);
      case 'repartition':
        return generateRepartition(this, node, consume);
      case 'flatMap':
        return generateFlatMap(this, node, consume);
      case 'aggregate':
        return generateAggregate(this, node, consume, needsOld);
      case 'changes':
        return generateChanges(this, node, consume);
      case 'join':
        break;
    }
    switch (node.join) {
      case 'streamStream':
        return generateStreamStream(this, node, consume);
      case 'streamTable':
        return generateStreamTable(this, node, consume);
      case 'tableTable':
        return generateTableTable(this, node, consume);
      case 'foreignKey':
        return generateForeignKey(this, node, consume);
    }
  }

  gatherKeys(input: PlanNode, store: number, key: (flow: Flow) => string): boolean {
    const chain = chainOf(input);
    if (chain === null) return false;
    const { part } = this;
    const source = part.sources.length;
    if (chain === 'topic') {
      part.keyLoops.push({ source, store, run: 'return chunk.keys.filter((key) => key !== null);' });
      return true;
    }
    const probe = new Part('keys', part.unit);
    this.#compilers.set(probe, this.compiler);
    this.part = probe;
    this.generate(input, (flow) => `found.push(${key(flow)});`, false);
    this.part = part;
    part.keyLoops.push({ source, store, run: `const found = [];\n${probe.sources[0]!.run}\nreturn found;` });
    return true;
  }

  inNewPart(id: string, make: () => void): void {
    const upper = this.part;
    const lower = new Part(id);
    this.parts.splice(this.parts.indexOf(upper), 0, lower);
    this.part = lower;
    make();
    this.part = upper;
  }

  /** The whole query into a sink. `keepsResult`: the result rows are kept in a store of their own, for pull queries. */
  sink(plan: PlanNode, sink: SinkSpec, keepsResult: boolean, needsOld: boolean): void {
    const { part } = this;
    const index = part.addSink({
      topic: sink.topic.topic,
      internal: false,
      key: serdeRef(sink.topic, 'key'),
      value: serdeRef(sink.topic, 'value'),
      partitions: null,
    });
    const result = keepsResult
      ? part.addStore({
          name: 'result',
          changelog: `${this.topicPrefix}-result-changelog`,
          ofSource: null,
          evictable: false,
        })
      : null;
    this.generate(plan, (flow) => sinkText(this, sink, index, flow, result), needsOld);
  }

  /** Only keeps a table: CREATE SOURCE TABLE. */
  keep(plan: PlanNode): void {
    this.generate(plan, () => '', true);
  }
}

/** `source`: stateless steps over one stream. `topic`: the rows come keyed out of a topic of the query's own. Null: there is state below. */
function chainOf(node: PlanNode): 'source' | 'topic' | null {
  switch (node.kind) {
    case 'source':
      return node.shape === 'stream' ? 'source' : null;
    case 'filter':
    case 'flatMap':
      return node.shape === 'stream' && chainOf(node.input) === 'source' ? 'source' : null;
    case 'repartition':
      if (node.shape === 'table') return null;
      return node.partitions === null ? chainOf(node.input) : 'topic';
    default:
      return null;
  }
}
