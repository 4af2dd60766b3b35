import { z } from 'zod'
import { ObjectMeta } from './kubernetes.ts'

const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/

const Base64Text = z
  .string()
  .refine((text) => BASE64.test(text), { error: 'expected base64; plain text goes in stringData' })
  .transform((text) => Buffer.from(text, 'base64').toString('utf8'))

/** A Kubernetes `Secret` of a manifests folder: `stringData` wins over base64 `data`. */
export const Secret = z
  .object({
    apiVersion: z.literal('v1'),
    kind: z.literal('Secret'),
    metadata: ObjectMeta,
    data: z.record(z.string(), Base64Text).nullish(),
    stringData: z.record(z.string(), z.string()).nullish(),
  })
  .transform(({ metadata, data, stringData }) => ({
    metadata,
    data: { ...data, ...stringData } as SecretData,
  }))

export type Secret = Readonly<z.infer<typeof Secret>>

/** The decoded keys of a Secret. */
export type SecretData = Readonly<Record<string, string>>
