#pragma once

#include <optional>

#include "transport/crypto.hpp"

/// The Noise protocol framework (Perrin, revision 34) for the patterns IK and XX over a
/// crypto_suite with 25519, ChaChaPoly and BLAKE2b. Only IK is spoken; XX keeps the machine honest
/// against the official vectors.
namespace wh::session::noise {

/// HKDF's output of a finished handshake: one key per direction.
struct transport_keys {
  aead_key send;
  aead_key receive;
};

enum class pattern : std::uint8_t { ik, xx };

/// Decides about the static key of the other side as soon as it is decrypted, before it is used in
/// any computation. False ends the handshake.
using key_filter = bool (*)(void* context, const public_key& key);

enum class read_result : std::uint8_t {
  ok,
  malformed,  // too short for its tokens
  bad_key,    // an ephemeral or static key that is not acceptable, or a DH that gave zero
  refused,    // the filter said no
  forged      // a tag does not match
};

/// A handshake in progress: copyable, so that a forged message can be tried on a copy; wiped when
/// it ends. About 330 bytes.
class handshake {
 public:
  struct parameters {
    pattern kind = pattern::ik;
    bool initiator = false;
    byte_view prologue;
    public_key static_public;
    /// The other side's static key: what IK's initiator has to know; ignored otherwise.
    public_key remote_static{};
  };
  handshake(const crypto_suite& crypto, const parameters& p);
  handshake(const handshake&) = default;
  handshake& operator=(const handshake&) = default;
  ~handshake();

  /// How many bytes a message adds to its payload.
  std::size_t overhead() const;
  /// Appends our next message to `out`. False when a DH gave zero.
  bool write(const crypto_suite& crypto, const private_key& static_private,
             const private_key& ephemeral, byte_view payload, bytes& out);
  /// Reads the other side's next message; `payload` is replaced. After anything but `ok` the state
  /// is of no use.
  read_result read(const crypto_suite& crypto, const private_key& static_private, byte_view message,
                   bytes& payload, key_filter filter = nullptr, void* context = nullptr);

  bool finished() const;
  const public_key& remote_static() const { return remote_static_; }
  const fixed_bytes<64>& hash() const { return h_; }
  /// Once, after the last message.
  transport_keys split(const crypto_suite& crypto) const;

 private:
  enum class token : std::uint8_t;
  struct script;
  static const script& script_of(pattern p);
  void mix_hash(const crypto_suite& crypto, byte_view data);
  void mix_key(const crypto_suite& crypto, const shared_secret& secret);
  bool mix_dh(const crypto_suite& crypto, token t, const private_key& static_private);
  void encrypt(const crypto_suite& crypto, byte_view plain, bytes& out);
  bool decrypt(const crypto_suite& crypto, byte_view sealed, byte_span out);

  fixed_bytes<64> h_;
  fixed_bytes<64> ck_;
  aead_key k_;
  private_key ephemeral_;
  public_key static_public_;
  public_key remote_static_;
  public_key remote_ephemeral_;
  std::uint8_t n_ = 0;  // at most two uses of one key inside a handshake
  std::uint8_t step_ = 0;
  bool has_key_ = false;
  bool initiator_;
  pattern pattern_;
};

}  // namespace wh::session::noise
