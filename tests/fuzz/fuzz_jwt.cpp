// SPDX-License-Identifier: EUPL-1.2
#include <cstdint>
#include <cstdlib>
#include <lkdoctor/proto/jwt.hpp>

using namespace lkdoctor;

/// Any text as a token; then the text as claims, which must come back as they were signed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Secret secret("canary-4f1d0c2b9e7a6358");
  if (const auto token = proto::decode_token(text)) {
    if (!token->header.is_object() || !token->payload.is_object()) std::abort();
    (void)token->payload.dump();
  }
  if (proto::signature_is_valid(text, secret)) std::abort();

  proto::TokenClaims claims;
  claims.issuer = text.substr(0, 1000);
  claims.not_before = static_cast<std::int64_t>(size);
  const Secret signed_token = proto::sign_token(claims, secret);
  const auto back = proto::decode_token(signed_token.reveal());
  if (!back || back->payload.at("nbf") != claims.not_before) std::abort();
  if (!proto::signature_is_valid(signed_token.reveal(), secret)) std::abort();
  if (proto::signature_is_valid(signed_token.reveal(), Secret("another"))) std::abort();
  return 0;
}
