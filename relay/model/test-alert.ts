/** The name of the Alert in the records of tests, which no Alert of Kubernetes can have. */
export const TEST_ALERT_NAME = '(test)'

/** Whether the Alert of a record, as `namespace/name`, says that the record is that of a test. */
export function isTestAlert(alert: string | undefined): boolean {
  return alert?.endsWith(`/${TEST_ALERT_NAME}`) === true
}
