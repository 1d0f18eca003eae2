#!/usr/bin/env node
import { fileURLToPath } from 'node:url'
import { tour } from '../dist/bundle/tour/tour.js'

await tour(fileURLToPath(new URL('run.js', import.meta.url)))
