import { useEffect, useEffectEvent } from "react";

import { api } from "../api/client";
import { useLive } from "../api/live";
import { useMay } from "../shell/me";
import type { Row } from "./filters";

/** What is open in front of somebody who may answer has been seen. */
export function useSeen(id: string | undefined): void {
  const may = useMay("agent");
  const see = useEffectEvent(() => {
    if (id === undefined || !may || document.hidden) return;
    const told = api.POST("/api/v1/conversations/{conversation_id}/seen", {
      params: { path: { conversation_id: id } },
      body: {},
    });
    void told.catch(() => undefined); // it is told again with the next message
  });
  useEffect(() => {
    see();
    const onVisibility = () => see();
    document.addEventListener("visibilitychange", onVisibility);
    return () => document.removeEventListener("visibilitychange", onVisibility);
  }, [id]);
  useLive("conversation", (data) => {
    const row = data as Row;
    if (row.id === id && row.unread > 0) see();
  });
}
