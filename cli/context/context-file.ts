import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { UsageError } from '../../client/usage-error.ts'
import { makeFolder } from '../../hosts/kit/make-folder.ts'
import { ClusterName } from '../../relay/model/config.ts'
import { fieldErrors, fieldErrorText } from '../../relay/model/errors.ts'
import { jsonValue } from '../../relay/model/json-value.ts'
import { changeFile } from '../changed-file.ts'
import { warnLine } from '../output/print.ts'

/** The environment variable that names the file of the contexts. */
export const CONFIG_VARIABLE = 'FLUX_RELAY_CONFIG'

/** Names a relay, so that commands need not. */
const Context = z
  .object({
    name: z.string(),
    /** The address of a relay that serves HTTP. */
    relay: z.string().optional(),
    /** The CloudFormation stack of a relay on AWS. */
    stack: z.string().optional(),
    /** The cluster that commands are about when they do not say. */
    cluster: ClusterName.optional(),
    /** The token for the relay; it is sent to no other. */
    token: z.string().optional(),
  })
  .refine(({ relay, stack }) => (relay === undefined) !== (stack === undefined), {
    error: 'expected either relay or stack',
  })
export type Context = Readonly<z.infer<typeof Context>>

const Contexts = z.object({ current: z.string().optional(), contexts: z.array(Context) })

/** What the file holds. */
export interface Contexts {
  /** The name of the context that commands use when they name no relay. */
  readonly current?: string | undefined
  readonly contexts: readonly Context[]
}

type Variables = Readonly<Record<string, string | undefined>>

/**
 * The path of the file: `FLUX_RELAY_CONFIG`, or `flux-relay/config.json` in the folder for configuration.
 * https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function contextFilePath(variables: Variables): string {
  const named = variables[CONFIG_VARIABLE]
  if (named) return named
  const folder = variables.XDG_CONFIG_HOME || join(variables.HOME || homedir(), '.config')
  return join(folder, 'flux-relay', 'config.json')
}

/**
 * Reads the contexts; none when there is no file. Warns on stderr of a file that others can read. Rejects with
 * `UsageError` for a file that cannot be read, or is none of contexts; no message shows what is in it.
 */
export async function readContexts(variables: Variables): Promise<Contexts> {
  const path = contextFilePath(variables)
  return parsed(await readText(path), path)
}

function parsed(text: string, path: string): Contexts {
  if (text.trim() === '') return { contexts: [] }
  const parsed = Contexts.safeParse(jsonValue(text))
  if (parsed.success) return parsed.data
  const why = fieldErrors(parsed.error.issues).map(fieldErrorText)[0]
  throw new UsageError(`${path}: is not a file of contexts: ${why}; mend it, or remove it`, 1)
}

/**
 * Changes the contexts in one step, by one command at a time, for nobody else to read. Rejects with `UsageError`, and
 * with what `edit` throws.
 */
export async function changeContexts(
  variables: Variables,
  edit: (contexts: Contexts) => Contexts,
): Promise<void> {
  const path = contextFilePath(variables)
  try {
    makeFolder(dirname(path))
    const change = (text = '') => `${JSON.stringify(edit(parsed(text, path)), null, 2)}\n`
    await changeFile(path, change, { isPrivate: true })
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${path}: cannot be written: ${(error as Error).message}`, 1)
  }
}

async function readText(path: string): Promise<string> {
  try {
    const [text, { mode }] = await Promise.all([readFile(path, 'utf8'), stat(path)])
    if (text !== '' && process.platform !== 'win32' && (mode & 0o077) !== 0) {
      warnLine(`${path}: others on this machine can read it, and it may hold tokens: chmod 600 it`)
    }
    return text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new UsageError(`${path}: cannot be read: ${(error as Error).message}`, 1)
  }
}
