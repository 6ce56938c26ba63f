;; Masks bytes in place (RFC 6455 §5.3), sixteen at a time.
;;
;; `npm run build:masking --workspace packages/ieum` turns this text into masking-module.ts.
;;
;; A key of four bytes repeats every sixteen, so one vector masks any sixteen bytes, wherever they begin, as long as its
;; key is turned to the byte that masks the first of them. But masking a byte twice undoes it. So the two vectors that
;; overlap others, at the start and at the end, are loaded and masked before the loops touch their bytes and stored
;; after: what they write over is the same bytes, masked by the loops.
;;
;;   payload       [----------------------------------------------------]
;;   first vector  [--------------]
;;   loops                |--------------|--------------|                     at addresses that sixteen divides
;;   last vector                                         [--------------]

(module
  ;; Sixteen pages of 64 KiB. It never grows: growing would detach the views that others hold.
  (memory (export "memory") 16 16)

  ;; Masks $length bytes from $start on. $key is a little-endian word: its lowest byte masks the first byte.
  (func (export "mask") (param $start i32) (param $length i32) (param $key i32)
    (local $end i32)
    (local $at i32)
    (local $lastAt i32)
    (local $first v128)
    (local $last v128)
    (local $vector v128)

    (if (i32.lt_u (local.get $length) (i32.const 16))
      (then
        (call $maskFew (local.get $start) (local.get $length) (local.get $key))
        (return)))

    (local.set $end (i32.add (local.get $start) (local.get $length)))
    (local.set $lastAt (i32.sub (local.get $end) (i32.const 16)))

    ;; Turning the key to the right by eight bits for each byte skipped; a rotation only looks at the lowest five bits of
    ;; its count, so sixteen bytes less are the same.
    (local.set $first
      (v128.xor
        (v128.load align=1 (local.get $start))
        (i32x4.splat (local.get $key))))
    (local.set $last
      (v128.xor
        (v128.load align=1 (local.get $lastAt))
        (i32x4.splat (i32.rotr (local.get $key) (i32.shl (local.get $length) (i32.const 3))))))

    (local.set $at (i32.and (i32.add (local.get $start) (i32.const 15)) (i32.const -16)))
    (local.set $vector
      (i32x4.splat
        (i32.rotr (local.get $key) (i32.shl (i32.sub (local.get $at) (local.get $start)) (i32.const 3)))))

    ;; Blocks of 64 bytes, as long as a whole one is left.
    (block $done
      (loop $next
        (br_if $done (i32.gt_u (i32.add (local.get $at) (i32.const 64)) (local.get $end)))
        (v128.store (local.get $at)
          (v128.xor (v128.load (local.get $at)) (local.get $vector)))
        (v128.store offset=16 (local.get $at)
          (v128.xor (v128.load offset=16 (local.get $at)) (local.get $vector)))
        (v128.store offset=32 (local.get $at)
          (v128.xor (v128.load offset=32 (local.get $at)) (local.get $vector)))
        (v128.store offset=48 (local.get $at)
          (v128.xor (v128.load offset=48 (local.get $at)) (local.get $vector)))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $next)))

    ;; Single vectors, as long as one begins before the last.
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $lastAt)))
        (v128.store (local.get $at)
          (v128.xor (v128.load (local.get $at)) (local.get $vector)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))

    (v128.store align=1 (local.get $start) (local.get $first))
    (v128.store align=1 (local.get $lastAt) (local.get $last)))

  ;; Masks fewer than sixteen bytes, one by one.
  (func $maskFew (param $at i32) (param $length i32) (param $key i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $at) (local.get $end)))
        (i32.store8 (local.get $at) (i32.xor (i32.load8_u (local.get $at)) (local.get $key)))
        (local.set $key (i32.rotr (local.get $key) (i32.const 8)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))))
