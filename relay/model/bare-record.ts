import type { Decided, DeliveryRecord, EventRecord, Status } from './delivery.ts'

type Bare<R> = Omit<R, 'event' | 'objectLabels'>

/** A record of the ledger without its event, which may be megabytes. */
export type BareRecord<S extends Status = Decided> = Bare<EventRecord<S>> | Bare<DeliveryRecord<S>>
