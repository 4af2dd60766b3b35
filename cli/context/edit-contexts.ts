import { UsageError } from '../../client/usage-error.ts'
import { printLine } from '../output/print.ts'
import { changeContexts, contextFilePath } from './context-file.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** Makes a context the one in use. Rejects with `UsageError` for one that is not there. */
export async function useContext(variables: Variables, name: string): Promise<void> {
  await changeContexts(variables, ({ contexts }) => {
    if (!contexts.some((context) => context.name === name)) throw unknown(variables, name)
    return { current: name, contexts }
  })
  printLine(`context ${name} is in use`)
}

/** Forgets a context. Rejects with `UsageError` for one that is not there. */
export async function removeContext(variables: Variables, name: string): Promise<void> {
  let wasCurrent = false
  await changeContexts(variables, ({ current, contexts }) => {
    const left = contexts.filter((context) => context.name !== name)
    if (left.length === contexts.length) throw unknown(variables, name)
    wasCurrent = current === name
    return { ...(!wasCurrent && { current }), contexts: left }
  })
  printLine(`context ${name} removed${wasCurrent ? ', and none is in use now' : ''}`)
}

function unknown(variables: Variables, name: string): UsageError {
  const advice = 'flux-relay context list shows those that are'
  return new UsageError(
    `there is no context ${name} in ${contextFilePath(variables)}; ${advice}`,
    1,
  )
}
