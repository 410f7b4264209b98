import { Route, Switch } from "wouter";

import { ContactList } from "./ContactList";
import { ContactPage } from "./ContactPage";

export default function ContactsPage() {
  return (
    <Switch>
      <Route path="/contacts/:id">{({ id }) => <ContactPage key={id} id={id} />}</Route>
      <Route>
        <ContactList />
      </Route>
    </Switch>
  );
}
