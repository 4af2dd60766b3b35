import { type ReadinessPorts, reportReadiness } from './alert-reports.ts'
import { reportEndedProviders } from './failing-providers.ts'

/**
 * Reports what a configuration or a Secret that has come changes for those who are told of the relay itself: Alerts that
 * have become not ready or are ready again, and what is gone or in use no more of which a failure was told. Rejects when a
 * store fails; what was not reported then is reported the next time.
 */
export async function reportConfiguration(ports: ReadinessPorts, cluster: string): Promise<void> {
  await reportReadiness(ports, cluster)
  await reportEndedProviders(ports, cluster)
}
