import { z } from 'zod'
import { hashParts } from './hash.ts'
import { ObjectMeta } from './kubernetes.ts'

/**
 * Whether the text is base64 and decodes completely: otherwise a plain token could pass for base64.
 */
function isBase64(text: string): boolean {
  const packed = text.replace(/\s/g, '')
  return packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed)
}

const Base64Text = z
  .string()
  .refine(isBase64, { error: 'expected base64; plain text goes in stringData' })
  .transform((text) => Buffer.from(text, 'base64').toString('utf8'))

/**
 * Whether all keys are allowed in a Secret:
 * https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data
 */
const hasSecretKeys = (map: object) =>
  Object.keys(map).every((key) => /^[-._a-zA-Z0-9]{1,253}$/.test(key))

const SECRET_KEYS = { error: 'expected keys of letters, digits, dashes, dots and underscores' }

/** A Kubernetes `Secret` of a manifests folder: `stringData` wins over base64 `data`. */
export const Secret = z
  .object({
    apiVersion: z.literal('v1'),
    kind: z.literal('Secret'),
    metadata: ObjectMeta,
    data: z.record(z.string(), Base64Text).refine(hasSecretKeys, SECRET_KEYS).nullish(),
    stringData: z.record(z.string(), z.string()).refine(hasSecretKeys, SECRET_KEYS).nullish(),
  })
  .transform(({ metadata, data, stringData }) => ({
    metadata,
    data: { ...data, ...stringData } as SecretData,
  }))

export type Secret = Readonly<z.infer<typeof Secret>>

/** The decoded keys of a Secret. */
export type SecretData = Readonly<Record<string, string>>

/** A Secret as a store reads it. */
export interface VersionedSecret {
  /**
   * The version of the data. It changes when the data changes. Code that caches what it made of a
   * Secret compares it. It must stay in memory: a stored version would help to guess the data.
   */
  readonly version: string
  readonly data: SecretData
}

/** Makes a stored Secret. Every store gives the same version to the same data. */
export function storedSecret(data: SecretData): VersionedSecret {
  return { version: hashParts(JSON.stringify(data)), data }
}
