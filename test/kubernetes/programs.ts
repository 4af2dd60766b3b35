import { resolve } from 'node:path'

const MODULES = resolve(import.meta.dirname, '../../node_modules')

/** Where they are built once; a new `npm ci` removes it. */
export const CACHE_FOLDER = resolve(MODULES, '.cache/kube-assets')

export const PROGRAMS = ['etcd', 'kube-apiserver'] as const
