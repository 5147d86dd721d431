import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { DownloadLinks } from './download-links.js';
import { OldLinks } from './old-links.js';
import { DownloadsController } from './downloads.controller.js';

/** Links that open a file; the guard of all routes asks whether a request comes by one. */
@Global()
@Module({
  imports: [DiscoveryModule],
  controllers: [DownloadsController],
  providers: [DownloadLinks, OldLinks],
  exports: [DownloadLinks],
})
export class DownloadsModule {}
