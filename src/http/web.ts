// The page at /ui: static files from `web/`, nothing from the public internet.
import { join } from 'node:path';
import express, { Router } from 'express';

/** Serves the files of `folder` under /ui. */
export function webRouter(folder: string): Router {
  const router = Router();
  router.use('/ui', (_request, response, next) => {
    response.setHeader('content-security-policy', "default-src 'self'");
    response.setHeader('x-content-type-options', 'nosniff');
    next();
  });
  router.use('/ui', express.static(folder, { index: 'index.html', maxAge: 0 }));
  router.get('/ui/*path', (_request, response) => {
    response.sendFile(join(folder, 'index.html'));
  });
  return router;
}
