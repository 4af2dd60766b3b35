import type { ConfigText } from '../../../relay/model/stored/config-snapshot.ts'

/** Clusters' sets as texts: a host passes on a large one without reading it. */
export interface ConfigTexts {
  /** The cluster's set as `replaceText` took it; undefined without one. */
  readText(cluster: string): Promise<string | undefined>
  /** `replace` of a `ConfigStore`. */
  replaceText(config: ConfigText, shipper?: string): Promise<'replaced' | 'stale'>
}
