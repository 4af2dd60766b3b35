import type { Answer } from '../../../relay/api/answer.ts'
import type { ConfigRequest } from '../../../relay/api/put-config.ts'
import type { ObjectReadiness } from '../../../relay/model/config.ts'
import type { SecretData, VersionedSecret } from '../../../relay/model/secret.ts'
import type { ConfigText } from '../../../relay/model/stored/config-snapshot.ts'
import type { ObjectsInForce } from '../manifests/in-force.ts'
import type { LoadedManifests } from '../manifests/loader.ts'
import type { FolderEntry } from '../manifests/scan.ts'

/** What the thread of configurations can be given to do, by name: what it takes and what it gives. */
export interface Tasks {
  readonly put: Task<{ readonly request: ConfigRequest; readonly now: number }, Answer>
  readonly judgeAgain: Task<{ readonly cluster: string }, undefined>
  readonly show: Task<{ readonly cluster: string }, Answer>
  readonly loadFolder: Task<FolderToLoad, JudgedFolder | UnchangedFolder>
}

interface Task<Input, Output> {
  readonly input: Input
  readonly output: Output
}

/** A manifests folder as a look found it. */
export interface FolderToLoad {
  readonly cluster: string
  readonly entries: readonly FolderEntry[]
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly builtInSecrets: ReadonlyMap<string, SecretData>
  /** Which version of each object is in force, from an earlier load; a thread's own as it gave it. */
  readonly inForce: ObjectsInForce | Uint8Array
  /** The fingerprint of the load that the host has; undefined before the first. */
  readonly known: string | undefined
}

/** All of a folder is as in the load that the host has. */
export interface UnchangedFolder {
  readonly kind: 'unchanged'
  /** A file may have changed without its times showing it. */
  readonly isUncertain: boolean
}

/** A load of a folder that is judged, without the objects that only their text is needed of. */
export interface JudgedFolder
  extends Pick<LoadedManifests, 'secrets' | 'problems' | 'notTaken' | 'notes' | 'fileCount'> {
  readonly kind: 'judged'
  readonly config: ConfigText
  readonly notReady: readonly ObjectReadiness[]
  /** Alerts and Providers. */
  readonly objectCount: number
  /** Equal for two loads that a host need not tell apart. */
  readonly fingerprint: string
  /** A file may have changed without its times showing it. */
  readonly isUncertain: boolean
  /** The state for the next load, in this thread or another. */
  readonly inForce: Uint8Array
}

/** What the thread asks of the host's stores meanwhile. */
export interface Asks {
  readonly secret: Task<SecretQuestion, VersionedSecret | undefined>
  readonly configText: Task<string, string | undefined>
  readonly replaceText: Task<SentConfig, 'replaced' | 'stale'>
}

/** A set that is to be stored, and the version of the shipper that sent it. */
interface SentConfig {
  readonly config: ConfigText
  readonly shipper: string | undefined
}

interface SecretQuestion {
  readonly cluster: string
  readonly namespace: string
  readonly name: string
  readonly fresh: boolean
}

export type ToConfigThread =
  | {
      [Name in keyof Tasks]: {
        readonly kind: 'task'
        readonly name: Name
        readonly input: Tasks[Name]['input']
      }
    }[keyof Tasks]
  | { readonly kind: 'answer'; readonly id: number; readonly result: ThreadResult<unknown> }

export type FromConfigThread =
  | { readonly kind: 'done'; readonly result: ThreadResult<unknown> }
  | AskMessage

export type AskMessage = {
  [Name in keyof Asks]: {
    readonly kind: 'ask'
    readonly id: number
    readonly name: Name
    readonly input: Asks[Name]['input']
  }
}[keyof Asks]

/** What came of something, as data that can go to another thread. */
export type ThreadResult<T> =
  | { readonly value: T }
  | { readonly error: Error; readonly isInvalidSecret: boolean }
