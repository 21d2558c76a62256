/** What a person wrote is shown as it was written. */
export const UserText = ({ text, continued }: { readonly text: string; readonly continued: boolean }) => (
  <div class={continued ? 'prompt continued' : 'prompt'}>{text}</div>
);
