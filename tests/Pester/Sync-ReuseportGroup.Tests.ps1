BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $null = New-ReuseportGroup web -SlotCount 3 -Port 5300
}

Describe 'Sync-ReuseportGroup' {
    It 'does nothing to a group that is as it should be' {
        $sync = Sync-ReuseportGroup web
        $sync.Group | Should -Be 'web'
        $sync.Change | Should -BeFalse
        $sync.SlotCount | Should -Be 3
        $sync.Seated | Should -BeNullOrEmpty
        $sync.EmptySlot | Should -BeNullOrEmpty
    }

    It 'takes groups from the pipeline' {
        @(Get-ReuseportGroup | Sync-ReuseportGroup).Group | Should -Be 'web'
    }

    It 'does nothing with -WhatIf' {
        Sync-ReuseportGroup web -WhatIf | Should -BeNullOrEmpty
    }

    It 'reports a group that there is not' {
        { Sync-ReuseportGroup none -ErrorAction Stop } | Should -Throw -ErrorId 'GroupNotFound*'
    }
}
