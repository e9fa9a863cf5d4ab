// Where nodes are drawn. Computed on the server and only when the structure changes, so that numbers never move nodes.
import dagre from '@dagrejs/dagre';
import type { LineageGraph, LineageNode, NodeKind } from './graph.ts';

export interface Placed {
  /** Centre, in pixels. */
  readonly x: number;
  readonly y: number;
}
export interface Box extends Placed {
  readonly width: number;
  readonly height: number;
}
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: Readonly<Record<string, Box>>;
  /** Way points per edge, in the order of the graph's edges. */
  readonly edges: readonly (readonly Placed[])[];
}

const LEAST_WIDTH = 170;
const MOST_WIDTH = 250;
const PADDING = 24;
const NODE_HEIGHT = 64;
/** Topics and the outside have no figures: one line, or two. */
const LOW_HEIGHT: Readonly<Partial<Record<NodeKind, number>>> = { topic: 34, outside: 46 };

/** Lays the graph out left to right. */
export function layoutOf(graph: LineageGraph): Layout {
  const drawing = new dagre.graphlib.Graph();
  drawing.setGraph({ rankdir: 'LR', nodesep: 20, ranksep: 36, marginx: 24, marginy: 24 });
  drawing.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes)
    drawing.setNode(node.id, { width: widthOf(node), height: LOW_HEIGHT[node.kind] ?? NODE_HEIGHT });
  for (const { from, to } of graph.edges) drawing.setEdge(from, to);
  dagre.layout(drawing);
  const nodes: Record<string, Box> = {};
  for (const node of graph.nodes) {
    const { x, y, width, height } = drawing.node(node.id) as Box;
    nodes[node.id] = { x, y, width, height };
  }
  const { width = 0, height = 0 } = drawing.graph() as { width?: number; height?: number };
  // Edges leave a box on its right and enter on its left, wherever their way points lie: what flows where is read from that.
  const edges = graph.edges.map(({ from, to }) => {
    const { points } = drawing.edge(from, to) as { points: Placed[] };
    return [sideOf(nodes[from]!, 1), ...points.slice(1, -1), sideOf(nodes[to]!, -1)];
  });
  return { width, height, nodes, edges };
}

/** By the title alone: figures grow while the layout stands. The page squeezes what is still too long. */
function widthOf({ title }: LineageNode): number {
  const capitals = title.replace(/[^A-Z]/g, '').length;
  const text = Math.ceil(capitals * 9.2 + (title.length - capitals) * 7.6);
  return Math.min(Math.max(text + PADDING, LEAST_WIDTH), MOST_WIDTH);
}

function sideOf({ x, y, width }: Box, direction: 1 | -1): Placed {
  return { x: x + (direction * width) / 2, y };
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
