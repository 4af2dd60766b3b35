import { type ReadinessPorts, reportReadiness } from './alert-reports.ts'
import { reportGoneProviders } from './failing-providers.ts'

/**
 * Reports what a configuration or a Secret that has come changes for those who are told of the relay itself: Alerts that
 * have become not ready or are ready again, and what is gone of which a failure was told. Rejects when a store fails;
 * what was not reported then is reported the next time.
 */
export async function reportConfiguration(ports: ReadinessPorts, cluster: string): Promise<void> {
  await reportReadiness(ports, cluster)
  await reportGoneProviders(ports, cluster)
}
