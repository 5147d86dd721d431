import { ReplyField } from '../http/fields.js';

class SignInReply {
  @ReplyField({ type: 'string', description: "The issuer's identifier.", example: 'https://login.bank.example' })
  issuer: string;
  @ReplyField({ type: 'string', description: 'The public OIDC client.', example: 'countersign-my' }) clientId: string;
  @ReplyField({ type: 'string', description: 'What to ask for.', example: 'openid offline_access customer' })
  scope: string;
  @ReplyField({
    type: 'string',
    description: "The claim of the access token that holds the customer's id, a name or a path.",
    example: 'customer_id',
  })
  claim: string;
}

export class PageSettingsReply {
  @ReplyField({ type: 'string', example: 'northbank' }) tenant: string;
  @ReplyField({ type: 'string', description: 'As customers know it.', example: 'Northbank' }) name: string;
  @ReplyField({ type: 'string', nullable: true, description: 'The number on the card.', example: '020 7946 0199' })
  cardNumber: string | null;
  @ReplyField({ type: 'string', description: 'Where the browser asks for no language of the pages.', example: 'en' })
  locale: string;
  @ReplyField({
    type: SignInReply,
    nullable: true,
    description: 'How customers sign in, by authorization code with PKCE; null where they cannot.',
  })
  signIn: SignInReply | null;
}
