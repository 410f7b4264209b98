import { Component } from "react";
import type { ErrorInfo, ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Says, SaysButton } from "./Says";

interface Props {
  /** Another place is another try. */
  place: string;
  children: ReactNode;
}

/** A page that fails takes only itself down. */
export class Caught extends Component<Props, { failedAt: string | null }> {
  override state = { failedAt: null };

  static getDerivedStateFromProps(props: Props, state: { failedAt: string | null }) {
    return state.failedAt !== null && state.failedAt !== props.place ? { failedAt: null } : null;
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error(error, info.componentStack);
    this.setState({ failedAt: this.props.place });
  }

  static getDerivedStateFromError() {
    return { failedAt: location.pathname };
  }

  override render() {
    return this.state.failedAt === null ? this.props.children : <Failed />;
  }
}

function Failed() {
  const { t } = useTranslation();
  return (
    <Says title={t("failed.title")} action={<SaysButton onClick={() => location.reload()}>{t("failed.reload")}</SaysButton>}>
      {t("failed.says")}
    </Says>
  );
}
