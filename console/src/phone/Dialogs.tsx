import { Button } from "@mantine/core";
import { useState } from "react";
import type { FormEvent } from "react";

import type { Act } from "./api";
import { Dialog } from "../parts/Dialog";
import { HERE } from "./Content";

import styles from "./Composer.module.css";

interface Props {
  onClose: () => void;
  onWrite: (what: Act) => void;
}

export function PlaceDialog({ onClose, onWrite }: Props) {
  const [name, setName] = useState(HERE.name);
  const [latitude, setLatitude] = useState(String(HERE.latitude));
  const [longitude, setLongitude] = useState(String(HERE.longitude));
  function send(event: FormEvent) {
    event.preventDefault();
    const where = { latitude: Number(latitude), longitude: Number(longitude) };
    onWrite({ kind: "location", ...where, ...(name.trim() ? { name: name.trim() } : {}) });
    onClose();
  }
  return (
    <Dialog title="Send a location" onClose={onClose}>
      <form className={styles.form} onSubmit={send}>
        <label>
          Name
          <input value={name} maxLength={60} onChange={(event) => setName(event.currentTarget.value)} />
        </label>
        <label>
          Latitude
          <Degrees value={latitude} bound={90} onChange={setLatitude} />
        </label>
        <label>
          Longitude
          <Degrees value={longitude} bound={180} onChange={setLongitude} />
        </label>
        <Button type="submit">Send location</Button>
      </form>
    </Dialog>
  );
}

function Degrees(props: { value: string; bound: number; onChange: (value: string) => void }) {
  return (
    <input
      type="number"
      required
      step="any"
      min={-props.bound}
      max={props.bound}
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  );
}

export function ContactDialog({ onClose, onWrite }: Props) {
  const [name, setName] = useState("Grace Hopper");
  const [phone, setPhone] = useState("+1 555 000 2222");
  function send(event: FormEvent) {
    event.preventDefault();
    onWrite({ kind: "contact", name: name.trim(), phone: phone.trim() });
    onClose();
  }
  return (
    <Dialog title="Send a contact" onClose={onClose}>
      <form className={styles.form} onSubmit={send}>
        <label>
          Name
          <input
            required
            value={name}
            maxLength={60}
            pattern=".*\S.*"
            onChange={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <label>
          Number
          <input
            required
            type="tel"
            value={phone}
            maxLength={30}
            pattern=".*\S.*"
            onChange={(event) => setPhone(event.currentTarget.value)}
          />
        </label>
        <Button type="submit">Send contact</Button>
      </form>
    </Dialog>
  );
}
