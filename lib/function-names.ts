/** The functions of the relay: folders of `functions/`, each with a handler.ts. */
export const FUNCTION_NAMES = [
  'ingest',
  'dispatch',
  'reconcile-config',
  'deliveries-widget',
] as const
export type FunctionName = (typeof FUNCTION_NAMES)[number]
