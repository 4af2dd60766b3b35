import type { DeliveryRecord, Status } from '../../model/delivery.ts'
import { type Identity, namespacedName } from '../../model/kubernetes.ts'
import { type GroupMessage, groupMessageCodec } from '../../model/stored/group-message.ts'
import type { Ports } from '../../ports/ports.ts'
import type { ExpectedVersion } from '../../ports/versioned.ts'
import { rememberedValue } from '../damaged-memory.ts'
import { isOvertaken } from '../object-memory.ts'
import { digestOf, lastOfNamed } from './digest.ts'
import { type Member, memberOf } from './member.ts'
import { findMembers } from './members.ts'

/** As long as a delivery of it may be replayed. */
const REMEMBER_MS = 90 * 24 * 3_600_000

/** How many hex digits of their ids a message keeps of its deliveries. */
const KEPT_DIGITS = 16

type MessagePorts = Pick<Ports, 'state' | 'clock' | 'ledger'>

/** A message, if it was made, and the version of its item. */
export interface StoredMessage {
  readonly message?: GroupMessage
  readonly version: ExpectedVersion
}

/** The message that `leader` sends, if it was made. */
export async function readStored(
  { state }: Pick<Ports, 'state'>,
  cluster: string,
  leader: string,
): Promise<StoredMessage> {
  const key = messageKey(cluster, leader)
  const stored = await state.read(key)
  const message = stored && rememberedValue(state, groupMessageCodec, stored.value, key)
  return { version: stored?.version ?? 'absent', ...(message && { message }) }
}

/** A delivery that sends the message of its group, and its Provider. */
export interface Leader {
  readonly record: DeliveryRecord<Status>
  readonly provider: Identity
  /** Where the relay's console is open to people; absent when it is not. */
  readonly publicUrl?: string | undefined
}

/**
 * Makes the message of a group whose window is closed, or reads the one that was made before. If it has
 * fewer than `least` deliveries, each has a message of its own.
 */
export async function makeMessage(
  ports: MessagePorts,
  leader: Leader,
  least: number,
): Promise<GroupMessage> {
  const { record, publicUrl } = leader
  const provider = namespacedName(leader.provider)
  const { cluster, id } = record
  const { message: made, version } = await readStored(ports, cluster, id)
  if (made) return made
  const members = await findMembers(ports, record, provider)
  // Its own record may say something else in a list that lags.
  const all = members.some((member) => member.id === id) ? members : [memberOf(record), ...members]
  const overtaken = all.length >= least ? await overtakenOf(ports, cluster, all) : undefined
  const message: GroupMessage = {
    members: all.map((member) => nameOf(member.id)),
    ...(overtaken && { digest: digestOf(all, { cluster, provider, publicUrl, overtaken }) }),
  }
  const isWritten = await writeMessage(ports, messageKey(cluster, id), message, version)
  return isWritten ? message : makeMessage(ports, leader, least)
}

/** Those after which another event of their object came that is not in the message, of those that it names last. */
async function overtakenOf(
  ports: Pick<Ports, 'state'>,
  cluster: string,
  members: readonly Member[],
): Promise<ReadonlySet<Member>> {
  const last = lastOfNamed(members).filter(({ isReminder }) => !isReminder)
  const found = last.map(async (member) => {
    const { involvedObject, order } = member
    return (await isOvertaken(ports, { cluster, event: { involvedObject }, order })) ? [member] : []
  })
  return new Set((await Promise.all(found)).flat())
}

/**
 * Makes a message that tells of the leader alone, or reads the one that was made before. Whoever waits for the leader
 * finds out by it. A message of all that was being made meanwhile is not written. Rejects when the store fails.
 */
export async function makeAlone(
  ports: Pick<Ports, 'state' | 'clock'>,
  cluster: string,
  leader: string,
): Promise<GroupMessage> {
  const { message: made, version } = await readStored(ports, cluster, leader)
  if (made) return made
  const message: GroupMessage = { members: [nameOf(leader)] }
  const isWritten = await writeMessage(ports, messageKey(cluster, leader), message, version)
  return isWritten ? message : makeAlone(ports, cluster, leader)
}

/**
 * Takes all but the leader out of a message that is not sent, or was not made: each of them finds another one, and the
 * leader tells of itself alone if it is sent after all. False, with nothing changed, when the message has another version
 * than `version`: it was made meanwhile, or somebody was faster. Rejects when the store fails.
 */
export function dissolveMessage(
  ports: Pick<Ports, 'state' | 'clock'>,
  cluster: string,
  leader: string,
  version: ExpectedVersion,
): Promise<boolean> {
  return writeMessage(ports, messageKey(cluster, leader), { members: [nameOf(leader)] }, version)
}

/** False, with nothing written, when the item has another version. */
async function writeMessage(
  { state, clock }: Pick<Ports, 'state' | 'clock'>,
  key: string,
  message: GroupMessage,
  version: ExpectedVersion,
): Promise<boolean> {
  return state.write(key, groupMessageCodec.encode(message), version, clock.now() + REMEMBER_MS)
}

/**
 * Whether the message that `leader` sends is made, and tells of a delivery and of others. Ask it after it is known what
 * became of the leader. Rejects when the store fails.
 */
export async function isInMessage(
  ports: Pick<Ports, 'state'>,
  { id, cluster }: Pick<DeliveryRecord<Status>, 'id' | 'cluster'>,
  leader: string,
): Promise<boolean> {
  const { message } = await readStored(ports, cluster, leader)
  return message?.digest !== undefined && tellsOf(message, id)
}

/** Whether a message tells of a delivery. */
export function tellsOf({ members }: GroupMessage, deliveryId: string): boolean {
  return members.includes(nameOf(deliveryId))
}

function nameOf(deliveryId: string): string {
  return deliveryId.slice(0, KEPT_DIGITS)
}

function messageKey(cluster: string, leader: string): string {
  return `${cluster}#group#${leader}`
}
