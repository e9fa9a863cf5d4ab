// Kafka Connect's FileStream connectors: lines of a file into a topic, and values of topics as lines of a file.
// Meant for trying things out; they bear Kafka's class names, so that existing configs load unchanged.
import type { PluginDef } from 'tributary/connect';
import { fileStreamSink } from './sink.ts';
import { fileStreamSource } from './source.ts';

export const plugins: readonly PluginDef[] = [fileStreamSource, fileStreamSink];
