import { QueryClient } from "@tanstack/react-query";

import { Away } from "./problem";

const AGAIN = 2;

/** A refusal is final; only a server that did not answer is asked again. News comes by the live stream. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => error instanceof Away && failures < AGAIN,
      refetchOnWindowFocus: false,
      staleTime: 30_000,
    },
  },
});
