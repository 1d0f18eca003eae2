import type { Host } from '@nltool/nl-core'
import type { OpenRouteOptions, RouteClient } from './types.ts'

/** The signature under which others compile; the client follows when the connection is there. */
export type OpenRoute = (host: Host, options?: OpenRouteOptions) => Promise<RouteClient>
