import { Route, Switch } from "wouter";

import { ChannelList } from "./ChannelList";
import { ChannelPage } from "./ChannelPage";
import { LogIn } from "./LogIn";
import { NewChannel } from "./NewChannel";

/** `-` is no channel's name: under it stands what is no channel. */
export default function ChannelsPage() {
  return (
    <Switch>
      <Route path="/channels/-/new/:kind?">{({ kind }) => <NewChannel kind={kind} />}</Route>
      <Route path="/channels/:channel/login">{({ channel }) => <LogIn key={channel} id={channel} />}</Route>
      <Route path="/channels/:channel">{({ channel }) => <ChannelPage key={channel} id={channel} />}</Route>
      <Route>
        <ChannelList />
      </Route>
    </Switch>
  );
}
