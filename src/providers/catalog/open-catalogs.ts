import { join } from 'node:path';
import type { CatalogPlan, SecretRef } from '../../core/plan.js';
import type { Catalog } from './catalog.js';
import { openPostgresCatalog } from './postgres-catalog.js';
import { isUnusable, openSqliteCatalog, putAside } from './sqlite-catalog.js';

/** The catalogs of this process. */
export interface Catalogs {
  /**
   * Does something with a catalog, which is opened when it is first used. After a failure it is closed and opened anew by the next who asks.
   *
   * @param plan undefined: the worker's own file
   */
  use<T>(plan: CatalogPlan | undefined, work: (catalog: Catalog) => Promise<T>): Promise<T>;
}

export interface CatalogPlaces {
  /** For the catalog in a file. */
  readonly directory: string;
  readonly readSecret: (secret: SecretRef) => Promise<string>;
  /** A file that cannot be used was put aside, and begun anew. */
  readonly onReplaced: (aside: string, reason: string) => void;
}

export function openCatalogs({ directory, readSecret, onReplaced }: CatalogPlaces): Catalogs {
  const file = join(directory, 'catalog.db');
  const opened = new Map<string, Promise<Catalog>>();
  const open = async (plan: CatalogPlan | undefined): Promise<Catalog> =>
    plan === undefined ? openSqliteCatalog(file, onReplaced) : openPostgresCatalog(await readSecret(plan.url));

  const once = async <T>(plan: CatalogPlan | undefined, work: (catalog: Catalog) => Promise<T>): Promise<T> => {
    const key = JSON.stringify(plan ?? 'file');
    const catalog = opened.get(key) ?? open(plan);
    opened.set(key, catalog);
    try {
      return await work(await catalog);
    } catch (error) {
      // libsql leaves a statement that failed unfinished, and no later one of that connection can be committed.
      if (opened.get(key) === catalog) opened.delete(key);
      await catalog.then((failed) => failed.close()).catch(() => undefined);
      throw error;
    }
  };

  return {
    use: async (plan, work) => {
      try {
        return await once(plan, work);
      } catch (error) {
        if (plan !== undefined || !isUnusable(error)) throw error;
        onReplaced(await putAside(file), String(error));
        return once(plan, work);
      }
    },
  };
}
