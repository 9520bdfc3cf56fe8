// Passkeys. A form with `data-passkey` = create | get | login asks the browser for a credential,
// puts it into its `credential` input as JSON and is sent.

type Json = Record<string, unknown>;

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

function toText(buffer: ArrayBuffer | null): string | null {
  if (!buffer) return null;
  const raw = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function named(list: unknown): PublicKeyCredentialDescriptor[] {
  return ((list as Json[] | undefined) ?? []).map(
    (entry) => ({ ...entry, id: toBytes(entry.id as string) }) as unknown as PublicKeyCredentialDescriptor,
  );
}

async function create(options: Json, alone: boolean): Promise<Json> {
  const given = options.publicKey as Json;
  const user = given.user as Json;
  const publicKey = {
    ...given,
    challenge: toBytes(given.challenge as string),
    user: { ...user, id: toBytes(user.id as string) },
    excludeCredentials: named(given.excludeCredentials),
    authenticatorSelection: {
      ...(given.authenticatorSelection as Json | undefined),
      residentKey: alone ? "required" : "discouraged",
      requireResidentKey: alone,
      ...(alone ? { userVerification: "required" } : {}),
    },
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    ...shell(made),
    response: {
      clientDataJSON: toText(response.clientDataJSON),
      attestationObject: toText(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  };
}

async function get(options: Json): Promise<Json> {
  const given = options.publicKey as Json;
  const publicKey = {
    ...given,
    challenge: toBytes(given.challenge as string),
    allowCredentials: named(given.allowCredentials),
  } as unknown as PublicKeyCredentialRequestOptions;
  const shown = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const response = shown.response as AuthenticatorAssertionResponse;
  return {
    ...shell(shown),
    response: {
      clientDataJSON: toText(response.clientDataJSON),
      authenticatorData: toText(response.authenticatorData),
      signature: toText(response.signature),
      userHandle: toText(response.userHandle),
    },
  };
}

function shell(credential: PublicKeyCredential): Json {
  return {
    type: credential.type,
    id: credential.id,
    rawId: toText(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

async function credentialOf(form: HTMLFormElement): Promise<Json> {
  const data = JSON.parse(document.getElementById("passkey-data")?.textContent ?? "{}") as Json;
  switch (form.dataset.passkey) {
    case "create": {
      const alone = form.querySelector<HTMLInputElement>("[name=passwordless]")?.checked ?? false;
      return create(data.creation_options as Json, alone);
    }
    case "get":
      return get(data.request_options as Json);
    default: {
      const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
      return get(((await answer.json()) as Json).request_options as Json);
    }
  }
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-passkey]")) {
  const status = form.querySelector<HTMLElement>("[data-passkey-status]");
  const input = form.querySelector<HTMLInputElement>("[name=credential]");
  if (!window.PublicKeyCredential) {
    if (status?.dataset.missing) status.textContent = status.dataset.missing;
    continue;
  }
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    credentialOf(form)
      .then((credential) => {
        if (input) input.value = JSON.stringify(credential);
        form.submit();
      })
      .catch(() => {
        if (status) status.textContent = status.dataset.failed ?? "";
      });
  });
}
