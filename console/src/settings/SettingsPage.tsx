import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Redirect, Route, Switch, useLocation } from "wouter";

import { useMay } from "../shell/me";
import { Page } from "../shell/Page";
import { AccountTab } from "./AccountTab";
import { AuditTab } from "./AuditTab";
import { MembersTab } from "./MembersTab";
import { TokensTab } from "./TokensTab";
import { WorkspaceTab } from "./WorkspaceTab";

import styles from "./Settings.module.css";

const FOR_ALL = ["account", "members", "workspace"] as const;
const FOR_ADMINS = ["account", "members", "tokens", "workspace", "audit"] as const;

/** What is set up here rather than talked about: oneself, the workspace, and who may use it. */
export default function SettingsPage() {
  const { t } = useTranslation("settings");
  const administers = useMay("admin");
  const [place, go] = useLocation();
  const shown: readonly (typeof FOR_ADMINS)[number][] = administers ? FOR_ADMINS : FOR_ALL;
  const current = shown.find((tab) => tab === place.split("/")[2]);
  if (!current) return <Redirect to="/settings/account" replace />;
  return (
    <Page title={t("title")}>
      <Tabs
        className={styles.tabs}
        value={current}
        onChange={(tab) => go(`/settings/${tab ?? ""}`)}
        activateTabWithKeyboard={false}
      >
        <Tabs.List>
          {shown.map((tab) => (
            <Tabs.Tab key={tab} value={tab}>
              {t(`tabs.${tab}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={current} pt="lg">
          <Switch>
            <Route path="/settings/account">
              <AccountTab />
            </Route>
            <Route path="/settings/members">
              <MembersTab />
            </Route>
            <Route path="/settings/workspace">
              <WorkspaceTab />
            </Route>
            {administers && (
              <Route path="/settings/tokens">
                <TokensTab />
              </Route>
            )}
            {administers && (
              <Route path="/settings/audit">
                <AuditTab />
              </Route>
            )}
          </Switch>
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
