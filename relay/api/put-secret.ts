import { z } from 'zod'
import { fieldErrors, fieldErrorText } from '../model/errors.ts'
import { KubernetesName } from '../model/kubernetes.ts'
import type { SecretWriter } from '../ports/secret-store.ts'
import { type Answer, jsonAnswer, problemAnswer, unavailableAnswer } from './answer.ts'
import { type RequestBody, readJsonObject } from './body.ts'
import { problem } from './problem.ts'
import { SECRET_KEY } from './schemas/secrets.ts'

/** The most bytes of a Secret, which is what AWS Secrets Manager allows: 64 KiB. */
export const MAX_SECRET_BYTES = 64 * 1024

/** The limits of a Secret, which usually has some dozens of keys. */
const SECRET_LIMITS = { bytes: MAX_SECRET_BYTES, values: 1_000 }

const SecretName = z.object({ namespace: KubernetesName, name: KubernetesName })

/**
 * Keys as Kubernetes allows them. No message shows a key: somebody may have put a value in its
 * place.
 */
const SecretKeys = z
  .record(z.string(), z.string('expected texts only'), 'expected an object of texts')
  .refine((data) => Object.keys(data).every((key) => SECRET_KEY.test(key)), {
    error: 'each key must consist of letters, digits, -, _ and .',
  })
  .refine((data) => Object.keys(data).length > 0, { error: 'expected at least one key' })

/** A request that stores one Secret: a JSON object of its decoded keys. */
export interface SecretRequest extends RequestBody {
  readonly cluster: string
  readonly namespace: string
  readonly name: string
}

/**
 * Stores a Secret, and replaces an older one: 200 `{cluster, namespace, name, keys}`, 400, 413, or
 * 503 when the store fails. No answer shows a value.
 */
export async function putSecret(secrets: SecretWriter, request: SecretRequest): Promise<Answer> {
  const { cluster, namespace, name } = request
  const named = SecretName.safeParse({ namespace, name })
  if (!named.success) return invalid(named.error)
  const read = readJsonObject(request, SECRET_LIMITS)
  if ('problem' in read) return problemAnswer(read.problem)
  const data = SecretKeys.safeParse(read.object)
  if (!data.success)
    return problemAnswer(problem('not-valid', data.error.issues[0]?.message ?? 'not valid'))
  try {
    await secrets.write(cluster, namespace, name, data.data)
    return jsonAnswer(200, { cluster, namespace, name, keys: Object.keys(data.data) })
  } catch (cause) {
    return unavailableAnswer('the Secret could not be stored; send it again', cause)
  }
}

function invalid(error: z.ZodError): Answer {
  const errors = fieldErrors(error.issues)
  return problemAnswer(problem('bad-parameter', errors.map(fieldErrorText).join('; '), { errors }))
}
