import {
  NLM_F_ACK,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_ECHO,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  operation,
} from '@nltool/nl-core'
import { addrBody } from '../addr/schema.ts'
import { linkBody } from '../link/schema.ts'
import { addrTypes, linkTypes, routeTypes } from '../messages.ts'
import { routeBody } from '../route/schema.ts'

/** The requests of the client, once each: name, number, flags, schema. */
export const operations = {
  newLink: operation({
    name: 'RTM_NEWLINK',
    type: linkTypes.RTM_NEWLINK,
    flags: NLM_F_CREATE | NLM_F_EXCL | NLM_F_ECHO,
    body: linkBody,
  }),
  setLink: operation({ name: 'RTM_NEWLINK', type: linkTypes.RTM_NEWLINK, flags: NLM_F_ACK, body: linkBody }),
  delLink: operation({ name: 'RTM_DELLINK', type: linkTypes.RTM_DELLINK, body: linkBody }),
  getLink: operation({ name: 'RTM_GETLINK', type: linkTypes.RTM_GETLINK, body: linkBody }),
  newAddr: operation({
    name: 'RTM_NEWADDR',
    type: addrTypes.RTM_NEWADDR,
    flags: NLM_F_CREATE | NLM_F_REPLACE,
    body: addrBody,
  }),
  delAddr: operation({ name: 'RTM_DELADDR', type: addrTypes.RTM_DELADDR, body: addrBody }),
  getAddr: operation({ name: 'RTM_GETADDR', type: addrTypes.RTM_GETADDR, body: addrBody }),
  addRoute: newRoute(NLM_F_CREATE | NLM_F_EXCL),
  replaceRoute: newRoute(NLM_F_CREATE | NLM_F_REPLACE),
  changeRoute: newRoute(NLM_F_REPLACE),
  appendRoute: newRoute(NLM_F_CREATE | NLM_F_APPEND),
  delRoute: operation({ name: 'RTM_DELROUTE', type: routeTypes.RTM_DELROUTE, body: routeBody }),
  getRoute: operation({ name: 'RTM_GETROUTE', type: routeTypes.RTM_GETROUTE, body: routeBody }),
} as const

function newRoute(flags: number) {
  return operation({ name: 'RTM_NEWROUTE', type: routeTypes.RTM_NEWROUTE, flags, body: routeBody })
}
