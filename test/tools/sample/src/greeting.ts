export interface Person {
  readonly name: string;
  readonly language?: 'en' | 'de' | 'fr';
}

export function greet(person: Person): string {
  switch (person.language) {
    case 'de':
      return `Guten Tag, ${person.name}!`;
    case 'fr':
      return `Bonjour, ${person.name} !`;
    default:
      return `Hello, ${person.name}!`;
  }
}
