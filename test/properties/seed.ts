// A landing is judged by the same examples each time; `npm run test:long` looks for others, with a seed for each round.
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 20261121) });
