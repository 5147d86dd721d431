/**
 * What follows `google.` in the domains that Google says are its own (https://www.google.com/supported_domains), but for
 * those under cf, ga and ml, whose registries gave names away. Under others it may be anybody's.
 */
export const GOOGLE_TOP: readonly string[] = `
  com ad ae al am as at az ba be bf bg bi bj bs bt by ca cd cg ch ci cl cm cn cv cz de dj dk dm dz ee es fi fm fr ge gg gl gm gr gy hn
  hr ht ie im iq is it je jo ki kg kz la li lk lt lu lv md me mg mk mn mu mv mw ne nl no nr nu pl pn ps pt ro ru rw sc se sh si sk sn
  so sm sr st td tg tl tm tn to tt vu ws rs cat co.ao co.bw co.ck co.cr co.id co.il co.in co.jp co.ke co.kr co.ls co.ma co.mz co.nz
  co.th co.tz co.ug co.uk co.uz co.ve co.vi co.za co.zm co.zw com.af com.ag com.ar com.au com.bd com.bh com.bn com.bo com.br com.bz
  com.co com.cu com.cy com.do com.ec com.eg com.et com.fj com.gh com.gi com.gt com.hk com.jm com.kh com.kw com.lb com.ly com.mm com.mt
  com.mx com.my com.na com.ng com.ni com.np com.om com.pa com.pe com.pg com.ph com.pk com.pr com.py com.qa com.sa com.sb com.sg com.sl
  com.sv com.tj com.tr com.tw com.ua com.uy com.vc com.vn
`.trim().split(/\s+/);

/** What follows `blogspot.`. */
const BLOGSPOT_TOP: readonly string[] = `
  ae al am ba be bg bj ca cf ch cl co.at co.id co.il co.ke co.nz co.uk co.za com com.ar com.au com.br com.by com.co
  com.cy com.ee com.eg com.es com.mt com.ng com.tr com.uy cv cz de dk fi fr gr hk hr hu ie in is it jp kr li lt lu
  md mk mr mx my nl no pe pt qa re ro rs ru se sg si sk sn td tw ug vn
`.trim().split(/\s+/);

/**
 * Hosts where everybody can have a page, one after the other: shorteners, pages that collect links, documents and forms,
 * social networks and messengers, shops of apps, mail providers, gateways that rewrite links, archives and translators.
 * `*.x` where each host right below is somebody's own, `**.x` where each host at any level below is. Hosts of the public
 * suffix list (private part) need no entry. An operator adds more by policy (`campaigns.sharedHosts`).
 */
export const SHARED_HOSTS: readonly string[] = [...`
  1url.com 2.gp 2no.co 3.ly 4.ly 7.ly a.co aka.ms adf.ly adfoc.us al.ly alturl.com amzn.asia amzn.eu amzn.to apple.co aws.amazon.com b.link b23.tv bc.vc bit.do bit.ly bitly.com bitly.ws bl.ink bl.ly bom.so buff.ly bv.vc
  cc.cc chilp.it clck.ru cli.co cli.gs cli.re cliccami.info clickmeter.com clk.sh cort.as cutt.ly cutt.us cutt.ws da.gd db.tt dlvr.it dub.co dub.sh dwz.cn dwz.date e.vg ebx.sh encurtador.com.br exe.io
  fb.me fbit.co fc.lc fkrd.co flic.kr flip.it fox.ly g.co g.page gdurl.com git.io goo-gl.me goo.by goo.gl goo.su gg.gg go.ly gplinks.co gr.pn grabify.link gtly.to hoy.kr href.li hubs.la hubs.li hubs.ly hyperurl.co
  ift.tt intip.in is.gd iplogger.org iplogger.com j.mp ja.cat kisa.link kutt.it l.ead.me l.linklyhq.com l8.nu link.do link.tl linklyhq.com lnk.bio lnk.to lnkd.in ln.run lstu.fr mcaf.ee msft.it me2.do merky.de migre.me min.gl mub.me mz.cm
  n9.cl nav.cx nyti.ms o.co oe.cd oke.io onelink.to ouo.io ow.ly pca.st pin.it po.st ppt.cc ptix.at pxlme.me qlnk.io qr.ae qr.io qr.link qr.net qrco.de qrfy.com qrfy.io q-r.to r.mtr.ee rb.gy rb.link rebrand.ly relinkto.com reurl.cc rotf.lol s.click.aliexpress.com s.id s.coop s.free.fr
  sdu.sk shor.by short.cm short.gy short.io shorten.as shorten.ee shorten.is shortlink.uk shorturl.ac shorturl.at shorturl.asia shrtco.de shrinkme.io smarturl.it smsurl.co sms.gl snip.ly snipr.com song.link soo.gd spoti.fi spr.ly su.pr suo.im surl.li swll.to
  t.cn t.co t.ly t.me t.mp t1p.de t2m.io tcrn.ch tiny.cc tiny.ee tiny.ie tiny.one tiny.pl tinyurl.com tinyurl.is tinu.be tl.gd tmblr.co tny.im tny.sh to.ly to8.to tr.im tr.ee trib.al tx.link tweez.me u.nu u.to ulvis.net upto.site ur1.ca url.bio url.ie url.kr url.zip urlz.fr urlshortener.at urlr.me utm.io utm.guru v.gd v.ht vo.la vu.fr vurl.com vzturl.com
  w.wiki waa.ai wa.link wa.me whatsapp.com wp.me wu.cz x.co x.gd xurl.es y2u.be yip.su youtu.be yourls.org yun.ir zee.gl zpr.io zws.im zzb.bz
  about.me allmylinks.com beacons.ai bio.fm bio.link bio.site biolinky.co campsite.bio contactinbio.com flow.page hopp.bio instabio.cc koji.to linkfly.to linkin.bio linkr.bio linkr.com linktr.ee linkpop.com lnk.bio many.link milkshake.app msha.ke shorby.com snipfeed.co solo.to taplink.cc taplink.at withkoji.com *.carrd.co *.bio.link *.taplink.ws
  docs.google.com drive.google.com sites.google.com forms.google.com forms.gle script.google.com script.googleusercontent.com groups.google.com maps.google.com maps.app.goo.gl photos.google.com photos.app.goo.gl play.google.com plus.google.com translate.google.com accounts.google.com calendar.google.com meet.google.com storage.googleapis.com firebasestorage.googleapis.com storage.cloud.google.com lookerstudio.google.com datastudio.google.com chat.google.com classroom.google.com colab.research.google.com news.google.com books.google.com
  google.com google.co.uk google.de google.fr google.es google.it google.nl google.pl google.ie google.be google.at google.ch google.pt google.com.br google.co.in google.com.au google.ca googleusercontent.com *.translate.goog cdn.ampproject.org *.cdn.ampproject.org
  forms.office.com forms.microsoft.com forms.cloud.microsoft onedrive.live.com 1drv.ms sharepoint.com *.sharepoint.com sway.office.com sway.cloud.microsoft office.com outlook.office.com outlook.live.com teams.microsoft.com teams.live.com login.microsoftonline.com microsoft.com bing.com live.com *.dynamics.com *.powerappsportals.com *.microsoftcrmportals.com customervoice.microsoft.com
  dropbox.com dropboxusercontent.com dl.dropboxusercontent.com box.com app.box.com icloud.com wetransfer.com we.tl transfernow.net mega.nz mediafire.com 4shared.com sendspace.com send.now filemail.com fromsmash.com gofile.io anonfiles.com pcloud.com u.pcloud.link sync.com terabox.com scribd.com issuu.com slideshare.net canva.com *.my.canva.site prezi.com notion.so *.notion.site evernote.com coda.io airtable.com trello.com padlet.com miro.com figma.com gitbook.io *.gitbook.io medium.com *.medium.com telegra.ph graph.org pastebin.com rentry.co justpaste.it hastebin.com gist.github.com github.com raw.githubusercontent.com gitlab.com bitbucket.org
  typeform.com *.typeform.com jotform.com form.jotform.com *.jotform.com surveymonkey.com *.surveymonkey.com surveymonkey.co.uk qualtrics.com *.qualtrics.com tally.so cognitoforms.com formstack.com *.formstack.com wufoo.com *.wufoo.com formsite.com *.formsite.com paperform.co *.paperform.co zfrmz.com zfrmz.eu forms.zohopublic.com forms.zoho.com 123formbuilder.com smartsurvey.co.uk form.run forms.app hsforms.com share.hsforms.com *.hsforms.com survio.com eform.app formcan.com docsend.com docusign.net docusign.com pandadoc.com app.pandadoc.com hellosign.com adobe.com acrobat.adobe.com express.adobe.com indd.adobe.com eu.docusign.net
  facebook.com fb.com fb.watch m.me messenger.com instagram.com threads.net threads.com twitter.com x.com tiktok.com vm.tiktok.com snapchat.com t.snapchat.com linkedin.com pinterest.com pinterest.co.uk reddit.com redd.it youtube.com youtube-nocookie.com vimeo.com dailymotion.com twitch.tv discord.com discord.gg discordapp.com cdn.discordapp.com telegram.me telegram.dog telegram.org api.whatsapp.com chat.whatsapp.com web.whatsapp.com viber.com chats.viber.com signal.me signal.group line.me lin.ee liff.line.me zalo.me weixin.qq.com qq.com wechat.com weibo.com vk.com vk.me vk.cc ok.ru tumblr.com *.tumblr.com quora.com flickr.com soundcloud.com spotify.com open.spotify.com nextdoor.com nextdoor.co.uk bsky.app mastodon.social skype.com join.skype.com zoom.us meetup.com eventbrite.com eventbrite.co.uk patreon.com ko-fi.com buymeacoffee.com gofundme.com justgiving.com paypal.com paypal.me venmo.com cash.app revolut.me monzo.me
  apps.apple.com itunes.apple.com apple.com testflight.apple.com appgallery.huawei.com apps.microsoft.com amazon.com amazon.co.uk amazon.de ebay.com ebay.co.uk gumtree.com etsy.com aliexpress.com temu.com booking.com airbnb.com vinted.co.uk trustpilot.com uk.trustpilot.com
  weebly.com *.weebly.com wixsite.com wix.com *.wix.com squarespace.com *.squarespace.com strikingly.com *.strikingly.com jimdosite.com *.jimdosite.com jimdofree.com *.jimdofree.com site123.me *.site123.me webador.co.uk *.webador.co.uk webador.com *.webador.com godaddysites.com *.godaddysites.com mystrikingly.com *.mystrikingly.com webnode.com *.webnode.com webnode.page *.webnode.page webnode.co.uk *.webnode.co.uk yolasite.com *.yolasite.com ucraft.net *.ucraft.net simdif.com *.simdif.com simplesite.com *.simplesite.com *.my-free.website *.webstarts.com *.bravesites.com *.dudaone.com *.systeme.io *.kartra.com *.clickfunnels.com *.myclickfunnels.com *.leadpages.co *.lpages.co *.unbounce.com *.ubpages.com *.instapage.com *.pagedemo.co *.swipepages.net *.mailchi.mp mailchi.mp *.eepurl.com eepurl.com *.campaign-archive.com us1.campaign-archive.com *.hubspotpagebuilder.com *.hs-sites.com *.hs-sites-eu1.com *.myshopify.com *.ecwid.com *.square.site *.business.site *.substack.com substack.com *.livejournal.com *.over-blog.com *.hatenablog.com *.seesaa.net *.zendesk.com *.freshdesk.com *.atlassian.net *.monday.com *.glideapp.io *.softr.app *.bubbleapps.io *.framer.website *.framer.app *.framer.ai *.durable.co *.lovable.app *.bolt.host *.replit.app *.replit.dev *.codesandbox.io *.stackblitz.io *.surge.sh *.tiiny.site *.tiiny.host *.neocities.org *.000webhostapp.com *.byethost.com *.infinityfreeapp.com *.epizy.com *.rf.gd *.ct.ws *.great-site.net *.wuaze.com *.freewebhostmost.com *.awardspace.info *.blogspot.com *.wordpress.com *.webflow.io
  ipfs.io gateway.pinata.cloud cloudflare-ipfs.com dweb.link *.ipfs.dweb.link *.ipfs.w3s.link nftstorage.link *.ipfs.nftstorage.link arweave.net *.app.link *.test-app.link *.onelink.me
  web.archive.org archive.org archive.ph archive.today archive.is webcache.googleusercontent.com 12ft.io
  safelinks.protection.outlook.com urldefense.com urldefense.us urldefense.proofpoint.com linkprotect.cudasvc.com mimecast.com mimecastprotect.com statics.teams.cdn.office.net clicktime.symantec.com protect.fireeye.com protect2.fireeye.com secure-web.cisco.com url.avanan.click protect.checkpoint.com protection.sophos.com link.edgepilot.com trendmicro.com sendgrid.net mandrillapp.com list-manage.com *.list-manage.com rs6.net *.rs6.net exacttarget.com sparkpostmail.com
  gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk live.co.uk msn.com yahoo.com yahoo.co.uk yahoo.de yahoo.fr ymail.com aol.com me.com mac.com proton.me protonmail.com pm.me tutanota.com tuta.com gmx.com gmx.de gmx.net web.de t-online.de mail.com mail.ru yandex.ru yandex.com zoho.com zohomail.com fastmail.com hushmail.com btinternet.com sky.com virginmedia.com talktalk.net ntlworld.com orange.fr wanadoo.fr free.fr laposte.net sfr.fr libero.it virgilio.it tiscali.it terra.es telefonica.net wp.pl o2.pl onet.pl interia.pl seznam.cz qq.com 163.com 126.com sina.com naver.com hanmail.net daum.net rediffmail.com uol.com.br bol.com.br comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net shaw.ca rogers.com bigpond.com
  gamma.app app.link mlsend.com click.mlsend.com me-qr.com spoo.me han.gl 00m.in lihi.cc lihi1.cc lihi1.com
  tinyurl.co.uk shorte.st sh.st wikipedia.org duckduckgo.com anydesk.com backblazeb2.com oraclecloud.com abre.ai
  acortar.link acesse.one j.gs q.gs ay.gy b2n.ir bityl.co bitl.to buly.kr byvn.net c1ic.link clck.im clicky.me
  dik.si dis.gd dwz.lc encr.pw gotiny.cc inx.lv iplis.ru kurzelinks.de kutt.to l1nk.dev l1nq.com lc.cx
  linkvertise.com link-to.net link-target.net link-center.net lmy.de lnkiy.in loom.ly me2.kr muz.li ouo.press pse.is
  psee.io qr1.be qrcodes.pro qrs.ly rlu.ru s2r.co scnv.io short-link.me short.lol shorten.rest shorter.me
  shorturl.be shorturl.fm shorturl.gg shorturl.lol shortz.io shrtlnk.dev shrinkearn.com ssur.cc surl.lu t.im
  tinylink.net tinylink.info tinyurl.mobi tly.link turl.ca twtr.to urlgeni.us urlvanish.com uqr.me vvd.bz zaya.io
  zurl.ws za.gl cuty.io cutwin.com clk.asia delivr.com flowcode.com flowpage.com gourl.es hyperlink.run kortlink.dk
  linkbio.co murl.com nmc.cool ouo.today smarturl.com sor.bz surl.me tik.lat tinyl.io upy.link urlday.cc urlzs.com
  wn.nr xrl.us y.ahoo.it hubspotlinks.com hubspotlinksstarter.com klclick.com klclick1.com klclick2.com klclick3.com
  sibforms.com brevo.com sendinblue.com sendibm1.com sendibm2.com sendibm3.com mailerlite.com mailersend.com
  ml.mailersend.com benchmarkurl.com benchmarkemail.com aweber.com getresponse.com convertkit.com
  convertkit-mail.com convertkit-mail2.com infusionsoft.com customeriomail.com customer.io mailgun.org mailgun.com
  postmarkapp.com pstmrk.it awstrack.me list-manage1.com list-manage2.com mcusercontent.com constantcontact.com
  ccsend.com sfmc-content.com cmail19.com cmail20.com createsend.com createsend1.com createsend4.com emltrk.com
  emlnk.com emlnk9.com mailjet.com sendpulse.com moosend.com omnisend.com dmtrk.net dmtrk.com exct.net
  verticalresponse.com mailgunapp.com sendgrid.com acemlna.com acemlnb.com e2ma.net myemma.com icptrack.com
  campaignmonitor.com beehiiv.com klaviyo.com klaviyomail.com activecampaign.com wikimedia.org startpage.com
  ecosia.org search.yahoo.com search.brave.com baidu.com teamviewer.com supremocontrol.com rustdesk.com
  splashtop.com logmein.com logmeinrescue.com logmein123.com gotoassist.com fastsupport.com assist.zoho.com
  ultraviewer.net remotedesktop.google.com dwservice.net getscreen.me hoptodesk.com iperiusremote.com webex.com
  gotomeeting.com gotomeet.me goto.com meet.jit.si whereby.com calendly.com cal.com doodle.com loom.com
  swisstransfer.com workupload.com files.fm krakenfiles.com pixeldrain.com catbox.moe transfer.sh file.io
  tmpfiles.org uguu.se hightail.com drive.proton.me imgur.com postimg.cc ibb.co imgbb.com prnt.sc gyazo.com
  flipsnack.com heyzine.com fliphtml5.com publuu.com visme.co genially.com genial.ly menti.com mentimeter.com
  kahoot.it slido.com sli.do quizlet.com behance.net dribbble.com deviantart.com replit.com codepen.io cdpn.io
  jsfiddle.net jsbin.com glitch.com stackoverflow.com crowdfunder.co.uk donorbox.org gofund.me buy.stripe.com
  checkout.stripe.com invoice.stripe.com donate.stripe.com stripe.com squareup.com checkout.square.site
  pay.sumup.com sumup.com wise.com klarna.com webhook.site appsheet.com yelp.com tripadvisor.co.uk tripadvisor.com
  glassdoor.com indeed.com
  *.glitch.me *.weeblysite.com *.angelfire.com *.odoo.com *.gamma.site *.ucraft.site *.ucraft.me *.atwebpages.com
  *.freehosting.com *.page.link *.loca.lt *.serveo.net *.lhr.life *.lhr.rocks *.cloudflareaccess.com *.mjt.lu
  *.ueniweb.com *.jimdo.com *.webnode.fr *.webnode.de *.webnode.es *.webnode.it *.webnode.pl *.webnode.cz
  *.webnode.sk *.webnode.hu *.webnode.nl *.webnode.at *.webnode.se *.webnode.pt *.webnode.ro *.webnode.com.br
  *.webnode.gr *.webnode.be *.webnode.ru *.webnode.tr *.mozello.com *.mozellosite.com *.ukit.me *.tilda.ws
  *.cargo.site *.format.com *.pixieset.com *.smugmug.com *.bigcartel.com *.storenvy.com *.teachable.com
  *.thinkific.com *.podia.com *.mykajabi.com *.circle.so *.ck.page *.beehiiv.com *.keap.page *.activehosted.com
  *.tripod.com *.50webs.com *.freewebhostingarea.com *.webcindario.com *.x10.mx *.x10host.com *.ucoz.com *.ucoz.net
  *.ucoz.ru *.narod.ru *.zyrosite.com *.hostingerapp.com *.hostingersite.com *.nicepage.io *.mobirisesite.com
  *.brizy.site *.typedream.app *.umso.co *.super.site *.potion.so *.softr.io *.notaku.site *.popsy.site *.glide.page
  *.dorik.io *.versoly.page *.unicornplatform.page *.teleporthq.app *.plasmic.site *.wpengine.com
  *.wpenginepowered.com *.kinsta.cloud *.flywheelsites.com *.cloudwaysapps.com *.sg-host.com *.tempurl.host
  *.instawp.xyz *.tastewp.com *.involve.me *.pagexl.com *.bitrix24.site *.bitrix24.com *.zohosites.com
  *.screenconnect.com *.egnyte.com *.sharefile.com *.dotdigital-pages.com *.wikidot.com *.fandom.com *.pbworks.com
  *.doodlekit.com *.websites.co.in *.freewebsite.host *.wapka.site *.wapka.xyz *.aba.vg *.esy.es *.hol.es *.pe.hu
  *.16mb.com *.96.lt *.atspace.cc *.atspace.eu *.atspace.tv *.onlinewebshop.net *.mypressonline.com
  *.scienceontheweb.net *.sportsontheweb.net *.medianewsonline.com *.myartsonline.com *.getenjoyment.net
  *.mygamesonline.org *.unaux.com *.liveblog365.com *.totalh.net *.iceiy.com *.42web.io *.kesug.com *.free.nf
  *.lovestoblog.com *.22web.org *.eb2a.com *.mywebcommunity.org *.localhost.run *.localtunnel.me *.tunnelto.dev
  *.bore.pub *.lhrtunnel.link *.serveousercontent.com *.pagekite.me *.tunnelmole.net *.loophole.site *.beeceptor.com
  *.requestcatcher.com *.github.dev *.railway.app **.web.core.windows.net **.ct.sendgrid.net **.cloudapp.azure.com
  **.pinggy.link **.pinggy.online **.zrok.io **.devtunnels.ms **.nip.io **.sslip.io **.xip.io **.loclx.io
  **.localxpose.io **.app.github.dev **.gitpod.io **.webcontainer.io **.ply.gg
`.trim().split(/\s+/), ...GOOGLE_TOP.map((top) => `google.${top}`), ...BLOGSPOT_TOP.map((top) => `*.blogspot.${top}`)];
