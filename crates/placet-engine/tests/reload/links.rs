//! Symbolic links on the path of a policy that are redirected.

use crate::shop::{Shop, adults, brisk, polled};
use placet_engine::ReloadOptions;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Creates a folder in the layout of a Kubernetes ConfigMap mount: the files link through `..data` to the folder of a
/// revision.
fn revision(folder: &Path, name: &str, text: &str) {
    fs::create_dir(folder.join(name)).unwrap();
    fs::write(
        folder.join(name).join("main.placet"),
        "policy shop version \"import\"\nimport \"ages.placet\"\n",
    )
    .unwrap();
    let text = text.lines().skip(1).collect::<Vec<_>>().join("\n");
    fs::write(folder.join(name).join("ages.placet"), text).unwrap();
    symlink(name, folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
}

fn swaps_links(options: &ReloadOptions) {
    let shop = Shop::of("mount/main.placet", options, |folder| {
        let mount = folder.join("mount");
        fs::create_dir(&mount).unwrap();
        revision(&mount, "..1", &adults("1", 18));
        symlink("..data/main.placet", mount.join("main.placet")).unwrap();
        symlink("..data/ages.placet", mount.join("ages.placet")).unwrap();
    });
    let allows = |age: u8| {
        let request = format!("{{\"age\": {age}}}");
        shop.engine.version().policy().decide_json(&request).unwrap().is_allowed()
    };
    assert!(!allows(17));
    for (name, age) in [("..2", 16), ("..3", 14)] {
        revision(&shop.path("mount"), name, &adults(name, age));
        shop.swapped_to("import");
        assert!(allows(age) && !allows(age - 1));
    }
    // The folder of a revision is watched too, although it is not meant to be written.
    shop.write(
        "mount/..3/ages.placet",
        "request { age: int 0..150 }\nrule adults { allow when age >= 12 }\n",
    );
    shop.swapped_to("import");
    assert!(allows(12));
}

#[test]
fn a_redirected_link_is_swapped_in() {
    swaps_links(&brisk());
}

#[test]
fn a_redirected_link_is_swapped_in_by_polling() {
    swaps_links(&polled());
}

#[test]
fn a_redirected_link_far_up_is_swapped_in() {
    let shop = Shop::of("current/a/b/main.placet", &brisk(), |folder| {
        for (release, age) in [("1", 18), ("2", 16)] {
            fs::create_dir_all(folder.join(release).join("a/b")).unwrap();
            fs::write(folder.join(release).join("a/b/main.placet"), adults(release, age)).unwrap();
        }
        symlink("1", folder.join("current")).unwrap();
    });
    symlink("2", shop.path("next")).unwrap();
    fs::rename(shop.path("next"), shop.path("current")).unwrap();
    shop.swapped_to("2");
}
