import { z } from 'zod'

/** The form of a Secret's key in Kubernetes. */
export const SECRET_KEY = /^[-._a-zA-Z0-9]{1,253}$/

/** The body of `PUT …/secrets/{namespace}/{name}`. */
export const SecretData = z
  .record(z.string().regex(SECRET_KEY), z.string())
  .refine((data) => Object.keys(data).length > 0, 'expected at least one key')
  .meta({ description: 'The keys of the Secret with their decoded values.', minProperties: 1 })

/** The answer to `PUT /v1/fleet/secrets/{name}`. */
export const StoredFleetSecret = z
  .object({ name: z.string(), keys: z.array(z.string()) })
  .meta({ description: 'The Secret is stored; its values are never shown.' })

/** The answer to `PUT …/secrets/{namespace}/{name}`. No answer shows a value. */
export const StoredSecret = z
  .object({
    cluster: z.string(),
    namespace: z.string(),
    name: z.string(),
    keys: z.array(z.string()),
  })
  .meta({ description: 'The Secret is stored; its values are never shown.' })
