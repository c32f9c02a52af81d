# nix-build contrib/nix in the clone; or callPackage it. Its syntax has been checked, it was not built yet.
{ pkgs ? import <nixpkgs> { } }:
pkgs.stdenv.mkDerivation {
  pname = "ftp-over-ssh";
  version = "0.1";
  src = pkgs.lib.cleanSource ../..;

  strictDeps = true;
  enableParallelBuilding = true;
  nativeBuildInputs = [ pkgs.pkg-config ];
  buildInputs = pkgs.lib.optional pkgs.stdenv.hostPlatform.isLinux pkgs.libbsd;
  makeFlags = [
    "PREFIX=${placeholder "out"}"
    "CC=${pkgs.stdenv.cc.targetPrefix}cc"
  ];

  doCheck = true;
  checkInputs = [ pkgs.check ];
  nativeCheckInputs = [ pkgs.openssh ];
  checkTarget = "unit";

  # ssh is the user's own, out of PATH
  meta = {
    description = "FTP, control and data connections, through ssh";
    license = pkgs.lib.licenses.isc;
    platforms = pkgs.lib.platforms.unix;
    mainProgram = "ftp-over-ssh";
  };
}
