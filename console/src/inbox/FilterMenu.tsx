import { lazy, Suspense, useState } from "react";

import { FilterButton } from "./FilterButton";

const load = () => import("./FilterPopover");
const FilterPopover = lazy(load);

/** The filters that have one value of several, and the order, behind a button. */
export function FilterMenu() {
  const [wanted, setWanted] = useState(false);
  const button = <FilterButton onPointerEnter={() => void load()} onClick={() => setWanted(true)} />;
  if (!wanted) return button;
  return (
    <Suspense fallback={button}>
      <FilterPopover />
    </Suspense>
  );
}
