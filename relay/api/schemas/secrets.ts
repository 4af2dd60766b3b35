import { z } from 'zod'

/** The body of `PUT …/secrets/{namespace}/{name}`. */
export const SecretData = z
  .record(z.string(), z.string())
  .meta({ description: 'The keys of the Secret with their decoded values.' })

/** The answer to it. No answer shows a value. */
export const StoredSecret = z
  .object({
    cluster: z.string(),
    namespace: z.string(),
    name: z.string(),
    keys: z.array(z.string()),
  })
  .meta({ description: 'The Secret is stored; its values are never shown.' })
