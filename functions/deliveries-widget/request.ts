import { z } from 'zod'
import { ClusterName } from '../../relay/model/config.ts'

/** The request in a call of the widget. */
export type WidgetRequest =
  /** A request for the description, which CloudWatch shows when the widget is added. */
  | { readonly kind: 'describe' }
  | { readonly kind: 'list'; readonly cluster: string | undefined }
  | {
      readonly kind: 'replay'
      readonly id: string
      /** The AWS account of the dashboard, as CloudWatch reports it. */
      readonly account: string | undefined
      /** The cluster that the widget lists. */
      readonly cluster: string | undefined
    }

/** All clusters, or one by its name. */
const List = z.union([z.literal(true), z.strictObject({ cluster: ClusterName.optional() })])

/** The id of a delivery as `deliveryId` makes it: SHA-256, in hex. */
const DeliveryId = z.string().regex(/^[0-9a-f]{64}$/)

/**
 * What CloudWatch adds to each call. Its parameters are those of the widget in the dashboard.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
 */
const WidgetContext = z
  .object({
    accountId: z
      .string()
      .regex(/^\d{12}$/)
      .optional()
      .catch(undefined),
    params: z.object({ list: List.optional() }).optional().catch(undefined),
  })
  .optional()

const WidgetCall = z.union([
  z.strictObject({ describe: z.literal(true), widgetContext: WidgetContext }),
  z.strictObject({ list: List, widgetContext: WidgetContext }),
  z.strictObject({ replay: DeliveryId, widgetContext: WidgetContext }),
])

/** Reads a call of the function; undefined when it is not a request of the widget. */
export function readWidgetRequest(call: unknown): WidgetRequest | undefined {
  const { data } = WidgetCall.safeParse(call)
  if (data === undefined) return undefined
  if ('describe' in data) return { kind: 'describe' }
  if ('list' in data) return { kind: 'list', cluster: clusterOf(data.list) }
  const { accountId, params } = data.widgetContext ?? {}
  return { kind: 'replay', id: data.replay, account: accountId, cluster: clusterOf(params?.list) }
}

function clusterOf(list: z.infer<typeof List> | undefined): string | undefined {
  return typeof list === 'object' ? list.cluster : undefined
}
