import type { DashboardPlan } from './dashboard.js';
import { FLEET } from './fleet.js';
import { HOST_AND_SOURCE } from './host.js';
import { STORAGE } from './storage.js';
import { WORKER } from './worker.js';

export const DASHBOARDS: readonly DashboardPlan[] = [FLEET, HOST_AND_SOURCE, STORAGE, WORKER];
