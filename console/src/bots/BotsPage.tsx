import { Route, Switch } from "wouter";

import { BasePage } from "./BasePage";
import { BotList } from "./BotList";
import { BotPage } from "./BotPage";
import { Bases } from "./Bases";
import { NewBot } from "./NewBot";
import { Providers } from "./Providers";

/** `-` is no bot's name: under it stands what is no bot. */
export default function BotsPage() {
  return (
    <Switch>
      <Route path="/bots/-/new">
        <NewBot />
      </Route>
      <Route path="/bots/-/knowledge">
        <Bases />
      </Route>
      <Route path="/bots/-/knowledge/:base">{({ base }) => <BasePage key={base} name={base} />}</Route>
      <Route path="/bots/-/providers">
        <Providers />
      </Route>
      <Route path="/bots/:bot/:tab?">{({ bot, tab }) => <BotPage key={bot} id={bot} tab={tab ?? "overview"} />}</Route>
      <Route>
        <BotList />
      </Route>
    </Switch>
  );
}
