// Where nodes are drawn. Computed on the server and only when the structure changes, so that numbers never move nodes.
import dagre from '@dagrejs/dagre';
import type { LineageGraph } from './graph.ts';

export interface Placed {
  /** Centre, in pixels. */
  readonly x: number;
  readonly y: number;
}
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: Readonly<Record<string, Placed>>;
  /** Way points per edge, in the order of the graph's edges. */
  readonly edges: readonly (readonly Placed[])[];
}

export const NODE_WIDTH = 230;
export const NODE_HEIGHT = 64;

/** Lays the graph out left to right. */
export function layoutOf(graph: LineageGraph): Layout {
  const drawing = new dagre.graphlib.Graph();
  drawing.setGraph({ rankdir: 'LR', nodesep: 22, ranksep: 56, marginx: 24, marginy: 24 });
  drawing.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) drawing.setNode(node.id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { from, to } of graph.edges) drawing.setEdge(from, to);
  dagre.layout(drawing);
  const nodes: Record<string, Placed> = {};
  for (const node of graph.nodes) {
    const { x, y } = drawing.node(node.id) as Placed;
    nodes[node.id] = { x, y };
  }
  const { width = 0, height = 0 } = drawing.graph() as { width?: number; height?: number };
  const edges = graph.edges.map(({ from, to }) => (drawing.edge(from, to) as { points: Placed[] }).points);
  return { width, height, nodes, edges };
}

/** Keeps the last layout; a graph of the same structure gets it again. */
export function layoutCache(): (graph: LineageGraph) => Layout {
  let structure = '';
  let layout: Layout | null = null;
  return (graph) => {
    const now = JSON.stringify([graph.nodes.map(({ id }) => id), graph.edges]);
    if (layout === null || now !== structure) {
      structure = now;
      layout = layoutOf(graph);
    }
    return layout;
  };
}
